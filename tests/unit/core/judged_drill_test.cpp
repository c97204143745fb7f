#include "core/backup/judged_drill.hpp"

#include "core/backup/drill_due.hpp"
#include "unit/core/inventories.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using Result = DrillOutcome::Result;

/// Of the backup of that time; empty: the record does not tell.
DrillOutcome drill_of(const std::string& backup, const std::string& ended, Result result) {
    DrillOutcome drill;
    drill.backup_id = backup;
    drill.result = result;
    drill.finished_at = at(ended);
    if (!backup.empty()) drill.backup_at = at(backup);
    return drill;
}

TEST(JudgedDrill, is_given_by_any_drill_but_one_by_hand_that_did_not_pass) {
    const auto drill = [](Result result) {
        return drill_of("2026-11-22T03:00", "2026-11-22T03:10", result);
    };
    for (const Result result : {Result::passed, Result::failed, Result::unknown}) {
        EXPECT_TRUE(is_judged(drill(result), AskedBy::schedule));
    }
    EXPECT_TRUE(is_judged(drill(Result::passed), AskedBy::person));
    EXPECT_FALSE(is_judged(drill(Result::failed), AskedBy::person));
    EXPECT_FALSE(is_judged(drill(Result::unknown), AskedBy::person));
}

TEST(JudgedDrill, that_tries_the_same_backup_again_is_not_one_more_in_a_row) {
    struct Case {
        std::string what;
        std::optional<DrillOutcome> before;
        bool has_schedule;
        bool counts;
    };
    const std::string night = "2026-11-22T03:00";
    const auto of = [](const std::string& backup, Result result) {
        return drill_of(backup, "2026-11-22T03:10", result);
    };
    const std::vector<Case> cases{
        {"the first ever", std::nullopt, false, true},
        {"after one that passed", of(night, Result::passed), false, true},
        {"tried again", of(night, Result::unknown), false, false},
        {"tried again by a state that forgot", of(night, Result::failed), false, false},
        {"of the night before", of("2026-11-21T03:00", Result::unknown), false, true},
        {"the schedule's next", of(night, Result::unknown), true, true},
    };
    for (const Case& row : cases) {
        const auto drill = of(night, Result::unknown);
        EXPECT_EQ(is_one_more(row.before, drill, row.has_schedule), row.counts) << row.what;
    }
    const auto written_over = [](const std::string& at) {
        DrillOutcome drill = drill_of(at, "2026-11-22T03:10", Result::failed);
        drill.backup_id = "db.sql.gz";
        return drill;
    };
    EXPECT_TRUE(is_one_more(written_over("2026-11-21T03:00"), written_over(night), false));
    EXPECT_FALSE(is_one_more(written_over(night), written_over(night), false));
    EXPECT_FALSE(is_one_more(written_over(""), written_over(night), false));
}

TEST(JudgedDrill, is_replaced_by_a_pass_of_the_same_backup_or_of_a_newer_one) {
    struct Case {
        std::string what;
        std::optional<DrillOutcome> before;
        DrillOutcome passed;
        bool replaces;
    };
    const auto failed = [](const std::string& backup, const std::string& ended) {
        return drill_of(backup, ended, Result::failed);
    };
    const auto pass = [](const std::string& backup, const std::string& ended) {
        return drill_of(backup, ended, Result::passed);
    };
    const std::string night = "2026-11-22T03:00";
    const std::string noon = "2026-11-22T12:00";
    const auto bad = failed(night, "2026-11-22T03:10");
    const std::vector<Case> cases{
        {"the first drill ever", std::nullopt, pass(night, noon), true},
        {"the same backup", bad, pass(night, noon), true},
        {"a newer backup", bad, pass("2026-11-22T11:00", noon), true},
        {"an older backup", bad, pass("2026-11-21T03:00", noon), false},
        {"of a time not told", bad, pass("", noon), true},
        {"after one of a time not told", failed("", "2026-11-22T03:10"), pass(night, noon), true},
        {"a backup from the future", bad, pass("2036-11-22T03:00", noon), false},
        {"as the first, too", std::nullopt, pass("2036-11-22T03:00", noon), false},
        {"after a clock that was ahead",
         failed("2036-11-22T03:00", "2036-11-22T03:10"),
         pass(night, noon),
         true},
    };
    for (const Case& row : cases) {
        EXPECT_EQ(takes_place_of(row.before, row.passed), row.replaces) << row.what;
    }
}

TEST(JudgedDrill, of_an_older_backup_stands_where_that_is_the_newest_there_is) {
    struct Case {
        std::string what;
        std::vector<Backup> backups;
        bool stands;
    };
    const Backup drilled = completed("2026-11-21T03:00");
    const Backup older = completed("2026-11-20T03:00");
    const std::string newer = "2026-11-22T03:00";
    const std::vector<Case> cases{
        {"the newer one is gone", {older, drilled}, true},
        {"the newer one is there", {drilled, completed(newer)}, false},
        {"the newer one is damaged", {drilled, failed(newer)}, true},
        {"the newer one is of the future", {drilled, completed("2036-11-22T03:00")}, true},
        {"it is gone itself", {older}, false},
        {"nothing is there", {}, false},
    };
    const auto passed = drill_of("2026-11-21T03:00", "2026-11-22T12:00", Result::passed);
    for (const Case& row : cases) {
        Inventory inventory;
        inventory.backups = row.backups;
        const bool stands = stands_for_newest(passed, inventory, at("2026-11-22T12:01"));
        EXPECT_EQ(stands, row.stands) << row.what;
    }
}

TEST(DrillDue, is_the_newest_backup_until_it_is_judged_or_was_tried_three_times) {
    Inventory inventory;
    inventory.backups = {completed("2026-11-21T03:00"), completed("2026-11-22T03:00")};
    const Instant now = at("2026-11-22T12:00");
    const auto drill = [](const std::string& backup, Result result) {
        return drill_of(backup, "2026-11-22T04:00", result);
    };
    struct Case {
        std::string what;
        std::vector<DrillOutcome> drills;
        bool is_due;
    };
    const std::string newest = "2026-11-22T03:00";
    const auto could_not = drill(newest, Result::unknown);
    const std::vector<Case> cases{
        {"no drill yet", {}, true},
        {"only an older one was drilled", {drill("2026-11-21T03:00", Result::passed)}, true},
        {"passed", {drill(newest, Result::passed)}, false},
        {"failed", {drill(newest, Result::failed)}, false},
        {"could not be run twice", {could_not, could_not}, true},
        {"could not be run three times", {could_not, could_not, could_not}, false},
    };
    for (const Case& row : cases) {
        EXPECT_EQ(drill_due(inventory, row.drills, now) != nullptr, row.is_due) << row.what;
    }
}

}  // namespace
}  // namespace backupwatch
