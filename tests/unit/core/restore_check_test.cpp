#include "unit/core/a_set.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

TEST(RestoreCheck, is_left_out_where_nothing_is_drilled) {
    ASet set;
    set.policy.drill.reset();
    EXPECT_EQ(set.say("restore"), "silent");
}

TEST(RestoreCheck, says_when_the_last_drill_passed_and_how_long_it_took) {
    EXPECT_EQ(
        ASet().say("restore"),
        "ok 0: the last drill passed 10 h ago (2026-11-22T02:00Z); restored in 12 s, target 5 min"
    );
}

TEST(RestoreCheck, is_critical_when_the_last_drill_failed) {
    ASet set;
    set.seen.last_drill =
        set.drilled(DrillOutcome::Result::failed, 1h, "public.posts: 41 of 1200 rows missing");
    EXPECT_EQ(
        set.say("restore"),
        "critical 1: the drill of 2026-11-22T03:05 at 2026-11-22T11:00Z failed: public.posts: 41 "
        "of "
        "1200 rows missing"
    );

    set.seen.drills_not_passed = 2;
    EXPECT_EQ(set.find("restore")->failures, 2);
}

TEST(RestoreCheck, is_unknown_when_the_drill_could_not_be_run) {
    ASet set;
    set.seen.last_drill = set.drilled(DrillOutcome::Result::unknown, 1h, "3 GB free, 8 GB needed");
    EXPECT_EQ(
        set.say("restore"),
        "unknown 1: the drill of 2026-11-22T03:05 at 2026-11-22T11:00Z could not be run: 3 GB "
        "free, "
        "8 GB needed"
    );
}

TEST(RestoreCheck, warns_of_slow_and_of_old_drills) {
    struct Case {
        const char* what;
        Duration ago;
        double seconds;
        Severity severity;
        const char* summary;
    };
    const std::vector<Case> cases{
        {"just in time", 26h, 300, Severity::ok, nullptr},
        {"slow",
         1h,
         370.5,
         Severity::warning,
         "the last drill passed 1 h ago (2026-11-22T11:00Z); too slow: restored in 6 min 10 s, "
         "target 5 min"},
        {"old",
         51h,
         12,
         Severity::warning,
         "the last drill passed 2 d 3 h ago (2026-11-20T09:00Z), at most 1 d 2 h is allowed; "
         "restored in 12 s, target 5 min"},
        {"slow and old", 27h, 301, Severity::warning, nullptr},
    };
    for (const auto& c : cases) {
        ASet set;
        set.passes_drill(c.ago, c.seconds);
        EXPECT_EQ(set.find("restore")->severity, c.severity) << c.what;
        EXPECT_EQ(set.find("restore")->failures, c.severity == Severity::ok ? 0 : 1) << c.what;
        if (c.summary) {
            EXPECT_EQ(set.find("restore")->summary, c.summary) << c.what;
        }
    }
}

TEST(RestoreCheck, knows_a_passed_drill_by_either_of_its_two_records) {
    ASet set;
    set.seen.last_passed_drill.reset();
    EXPECT_EQ(set.find("restore")->severity, Severity::ok);

    set.passes_drill(3h, 1);
    set.seen.last_drill.reset();
    EXPECT_EQ(set.say("restore"), "ok 0: the last drill passed 3 h ago (2026-11-22T09:00Z)");
}

TEST(RestoreCheck, waits_for_the_first_drill_and_then_warns) {
    ASet set;
    set.seen.last_drill.reset();
    set.seen.last_passed_drill.reset();
    set.seen.watched_since = at("2026-11-20T08:01");  // every 1 d, grace 2 h, max_age 26 h
    EXPECT_EQ(
        set.say("restore"), "ok 0: waiting for the first drill, at the latest at 2026-11-22T12:01Z"
    );

    set.now += 1min;
    EXPECT_EQ(
        set.say("restore"),
        "warning 1: no drill has ever passed, and this set is watched for 2 d 4 h: no backup is "
        "proven to restore"
    );
}

TEST(RestoreCheck, takes_a_drill_from_the_future_for_no_proof) {
    ASet set;
    set.passes_drill(-2 * day, 1);
    EXPECT_EQ(
        set.say("restore"),
        "warning 1: the last drill is dated in the future, 2026-11-24T12:00Z, by a wrong clock: it "
        "proves nothing"
    );
}

TEST(RestoreCheck, knows_that_nothing_is_proven_once_the_history_is_lost) {
    ASet set;
    set.seen.last_drill.reset();
    set.seen.last_passed_drill.reset();
    set.seen.watched_since = set.now;
    set.seen.history_lost = true;
    EXPECT_EQ(
        set.say("restore"),
        "warning 1: what drills have proven is lost with the state that kept it: no backup is "
        "proven to restore until the next drill has passed"
    );

    set.passes_drill(1h, 12);
    EXPECT_EQ(set.find("restore")->severity, Severity::ok);
}

}  // namespace
}  // namespace backupwatch
