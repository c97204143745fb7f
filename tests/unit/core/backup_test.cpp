#include "core/backup/backup.hpp"

#include "unit/core/inventories.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

const Instant sunday_noon = at("2026-11-22T12:00");

Backup future(const std::string& when) {
    return completed(when);
}
Backup running(const std::string& when) {
    return with_status(BackupStatus::running, when);
}
Backup of_unknown_status(const std::string& when) {
    return with_status(BackupStatus::unknown, when, "FROZEN");
}

TEST(BackupStatus, has_a_name_for_each) {
    EXPECT_EQ(to_string(BackupStatus::completed), "completed");
    EXPECT_EQ(to_string(BackupStatus::failed), "failed");
    EXPECT_EQ(to_string(BackupStatus::running), "running");
    EXPECT_EQ(to_string(BackupStatus::unknown), "unknown");
}

TEST(NewestCompleted, is_by_its_end_whatever_the_order_of_the_list) {
    Inventory inventory;
    inventory.backups = {completed("2026-11-21T03:00"), completed("2026-11-20T03:00")};
    EXPECT_EQ(newest_completed(inventory, sunday_noon)->id, "2026-11-21T03:00");

    // Without a time of its end, by its start.
    inventory.backups.front().finished_at.reset();
    inventory.backups.front().started_at = at("2026-11-19T03:00");
    EXPECT_EQ(newest_completed(inventory, sunday_noon)->id, "2026-11-20T03:00");
}

TEST(NewestCompleted, is_never_failed_running_unknown_or_from_the_future) {
    Inventory inventory;
    inventory.backups = {
        failed("2026-11-22T03:00"),
        running("2026-11-22T03:01"),
        of_unknown_status("2026-11-22T03:02"),
        future("2026-11-22T12:00:00.001Z"),
    };
    EXPECT_EQ(newest_completed(inventory, sunday_noon), nullptr);

    inventory.backups.push_back(completed("2026-11-22T12:00"));
    EXPECT_EQ(newest_completed(inventory, sunday_noon)->id, "2026-11-22T12:00");
}

TEST(ConsecutiveFailures, follow_from_the_inventory_and_now_alone) {
    struct Case {
        const char* what;
        std::vector<Backup> backups;
        const char* now;
        int failures;
    };
    // every 1 d, grace 2 h, watched since 2026-11-20T12:00.
    const std::vector<Case> cases{
        {"fresh", {completed("2026-11-22T03:05")}, "2026-11-22T12:00", 0},
        {"a minute before it is overdue", {completed("2026-11-21T03:00")}, "2026-11-22T04:59", 0},
        {"overdue", {completed("2026-11-21T03:00")}, "2026-11-22T05:00", 1},
        {"still one night", {completed("2026-11-21T03:00")}, "2026-11-23T04:59", 1},
        {"two nights", {completed("2026-11-21T03:00")}, "2026-11-23T05:00", 2},
        {"a month", {completed("2026-10-22T03:00")}, "2026-11-22T12:00", 31},
        {"ran and failed: at the next look",
         {completed("2026-11-21T03:00"), failed("2026-11-22T03:10")},
         "2026-11-22T03:11",
         1},
        {"three tries of one night count once",
         {completed("2026-11-21T03:00"),
          failed("2026-11-22T02:59"),
          failed("2026-11-22T03:20"),
          failed("2026-11-22T03:59")},
         "2026-11-22T04:00",
         1},
        {"two nights, the second a little early",
         {completed("2026-11-20T03:00"), failed("2026-11-21T03:30"), failed("2026-11-22T03:01")},
         "2026-11-22T03:02",
         2},
        {"failing every hour counts once a day",
         {completed("2026-11-20T03:00"),
          failed("2026-11-21T03:00"),
          failed("2026-11-21T06:00"),
          failed("2026-11-21T14:00"),
          failed("2026-11-21T16:00"),
          failed("2026-11-22T03:00")},
         "2026-11-22T03:02",
         2},
        {"a success ends it",
         {failed("2026-11-20T03:00"), failed("2026-11-21T03:00"), completed("2026-11-22T03:00")},
         "2026-11-22T03:02",
         0},
        {"the more of the two: overdue",
         {completed("2026-11-18T03:00"), failed("2026-11-22T03:00")},
         "2026-11-22T12:00",
         4},
        {"the more of the two: failed",
         {completed("2026-11-20T20:00"), failed("2026-11-21T03:00"), failed("2026-11-22T03:00")},
         "2026-11-22T03:10",
         2},
        {"a backup from the future is no success",
         {completed("2026-11-20T03:00"), future("2036-11-22T03:00")},
         "2026-11-22T12:00",
         2},
        {"nor is a failure from there one",
         {completed("2026-11-22T03:00"), failed("2036-11-22T03:00")},
         "2026-11-22T12:00",
         0},
        {"unknown and running ones are absent",
         {completed("2026-11-21T03:00"),
          of_unknown_status("2026-11-22T03:00"),
          running("2026-11-22T04:58")},
         "2026-11-22T05:00",
         1},
        {"nothing yet: from first sight, in its grace", {}, "2026-11-21T13:59", 0},
        {"nothing yet, and one was due", {}, "2026-11-21T14:00", 1},
        {"nothing but a failure", {failed("2026-11-20T13:00")}, "2026-11-20T14:00", 1},
        {"first sight in the future, by a clock put right", {}, "2016-11-20T12:00", 0},
    };
    for (const auto& c : cases) {
        Inventory inventory;
        inventory.backups = c.backups;
        EXPECT_EQ(
            consecutive_failures(inventory, {}, at("2026-11-20T12:00"), at(c.now)), c.failures
        ) << c.what;
    }
}

TEST(ConsecutiveFailures, count_in_periods_of_the_policy) {
    const BackupPolicy hourly{.every = 1h, .grace = 10min, .reach_back = {}};
    Inventory inventory;
    inventory.backups = {completed("2026-11-22T08:00")};

    EXPECT_EQ(consecutive_failures(inventory, hourly, {}, at("2026-11-22T09:09")), 0);
    EXPECT_EQ(consecutive_failures(inventory, hourly, {}, at("2026-11-22T09:10")), 1);
    EXPECT_EQ(consecutive_failures(inventory, hourly, {}, sunday_noon), 3);
}

}  // namespace
}  // namespace backupwatch
