#include "core/backup/drill_slot.hpp"

#include <gtest/gtest.h>

#include <string>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

const Instant backup = parse_rfc3339("2026-11-22T03:00:00Z").value();
const Instant before = backup - 24h;

SlotHistory history(Instant last, bool open, int tries, std::vector<SlotStretch> worked) {
    return {before - 24h, last, open, tries, std::move(worked)};
}

TEST(DrillSlot, is_decided_by_what_was_begun_before) {
    struct Case {
        std::string what;
        SlotHistory history;
        int attempt;  ///< 0: none is begun
        bool interrupted = false;
        std::optional<Instant> superseded = std::nullopt;
    };
    const SlotStretch old{before, before};
    const SlotStretch this_one{backup, backup};
    const std::vector<Case> cases{
        {"the first backup ever", history(before - 24h, false, 0, {}), 1},
        {"after one that was drilled", history(before, false, 1, {old}), 1},
        {"after one whose drill never ended", history(before, true, 1, {old}), 1, false, before},
        {"begun once", history(backup, true, 1, {old, this_one}), 2},
        {"begun twice", history(backup, true, 2, {old, this_one}), 3},
        {"begun three times", history(backup, true, 3, {old, this_one}), 0, true},
        {"given up", history(backup, false, 3, {old, this_one}), 0},
        {"given up, and an older one is tried since",
         history(before, true, 1, {old, this_one}),
         0,
         false,
         before},
    };
    for (const Case& expected : cases) {
        SCOPED_TRACE(expected.what);
        const DrillSlotDecision decision = decide_drill_slot(expected.history, backup);
        EXPECT_EQ(decision.begin ? decision.begin->attempt : 0, expected.attempt);
        EXPECT_EQ(decision.interrupted, expected.interrupted);
        EXPECT_EQ(decision.superseded, expected.superseded);
        if (!decision.begin) continue;
        EXPECT_EQ(decision.begin->slot, backup);
        EXPECT_EQ(is_last_try(*decision.begin), expected.attempt == 3);
    }
}

/// A backup of a time between two others, copied there later, was not worked with them.
TEST(DrillSlot, of_one_backup_says_nothing_of_those_around_it) {
    SlotHistory known = history(before - 24h, false, 0, {});
    for (const Instant other : {backup - 1h, backup + 1h}) {
        known = opened(known, *decide_drill_slot(known, other).begin);
        known.open = false;
    }
    EXPECT_TRUE(decide_drill_slot(known, backup).begin);
    EXPECT_FALSE(decide_drill_slot(known, backup + 1h).begin);
}

}  // namespace
}  // namespace backupwatch
