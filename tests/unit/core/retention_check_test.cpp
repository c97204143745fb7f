#include "unit/core/a_set.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

TEST(RetentionCheck, counts_the_restore_points_that_reach_back) {
    EXPECT_EQ(
        ASet().say("retention"), "ok 0: 7 restore points within 7 d, the oldest 2026-11-16T03:05Z"
    );
}

TEST(RetentionCheck, warns_of_holes) {
    struct Case {
        const char* what;
        std::vector<const char*> removed;
        const char* said;
    };
    const std::vector<Case> cases{
        {"one in the middle",
         {"2026-11-19T03:05"},
         "warning 1: within 7 d, 1 period of 1 d without a restore point: none from "
         "2026-11-18T03:05Z to 2026-11-20T03:05Z"},
        {"two in a row, and one",
         {"2026-11-18T03:05", "2026-11-19T03:05", "2026-11-21T03:05"},
         "warning 1: within 7 d, 3 periods of 1 d without a restore point: none from "
         "2026-11-17T03:05Z to 2026-11-20T03:05Z and 2026-11-20T03:05Z to 2026-11-22T03:05Z"},
        {"the oldest: it does not reach back far enough",
         {"2026-11-16T03:05"},
         "warning 1: within 7 d, 1 period of 1 d without a restore point: none from "
         "2026-11-15T12:00Z to 2026-11-17T03:05Z"},
        {"the newest are told by `backup`",
         {"2026-11-21T03:05", "2026-11-22T03:05"},
         "ok 0: 5 restore points within 7 d, the oldest 2026-11-16T03:05Z"},
    };
    for (const auto& c : cases) {
        ASet set;
        for (const char* id : c.removed) set.remove(id);
        EXPECT_EQ(set.say("retention"), c.said) << c.what;
    }
}

TEST(RetentionCheck, forgives_the_jitter_that_grace_allows) {
    ASet set;
    set.remove("2026-11-19T03:05");
    set.backups().push_back(completed("2026-11-19T04:55"));
    EXPECT_EQ(set.find("retention")->severity, Severity::ok);

    // Looked at before tonight's backup, the oldest one is almost outside.
    set.now = at("2026-11-23T03:00");
    EXPECT_EQ(set.find("retention")->severity, Severity::ok);
}

TEST(RetentionCheck, mentions_a_night_that_was_told_as_failed_and_does_not_tell_it_again) {
    ASet set;
    set.remove("2026-11-19T03:05");
    set.backups().push_back(failed("2026-11-19T03:10"));
    EXPECT_EQ(
        set.say("retention"),
        "ok 0: 6 restore points within 7 d, the oldest 2026-11-16T03:05Z; further periods without "
        "one, told when their backup failed: 1"
    );

    // Of two nights missing one was told.
    set.remove("2026-11-18T03:05");
    EXPECT_EQ(
        set.say("retention"),
        "warning 1: within 7 d, 1 period of 1 d without a restore point: none from "
        "2026-11-17T03:05Z to 2026-11-20T03:05Z; further periods without one, told when their "
        "backup failed: 1"
    );
}

TEST(RetentionCheck, asks_of_a_young_set_only_what_it_can_have) {
    ASet set;
    set.seen.watched_since = at("2026-11-20T12:00");
    set.backups() = {completed("2026-11-21T03:05"), completed("2026-11-22T03:05")};
    EXPECT_EQ(set.find("retention")->severity, Severity::ok);

    // Watched since the 19th, and the first night is not there.
    set.seen.watched_since = at("2026-11-19T00:00");
    EXPECT_EQ(
        set.say("retention"),
        "warning 1: within 3 d 12 h, 2 periods of 1 d without a restore point: none from "
        "2026-11-19T00:00Z to 2026-11-21T03:05Z"
    );

    // Just seen, but older than that: a hole in it is a hole.
    set.seen.watched_since = noon;
    set.backups() = {completed("2026-11-19T03:05"), completed("2026-11-22T03:05")};
    EXPECT_EQ(set.find("retention")->severity, Severity::warning);
}

TEST(RetentionCheck, says_when_no_restore_point_is_young_enough) {
    ASet set;
    set.backups() = {completed("2026-11-10T03:05")};
    EXPECT_EQ(set.say("retention"), "ok 0: no restore point within 7 d");
    EXPECT_EQ(set.find("backup")->severity, Severity::critical);
}

TEST(RetentionCheck, warns_of_backups_that_vanished) {
    ASet set;
    set.seen.vanished = {completed("2026-11-18T14:00"), completed("2026-11-19T14:00")};
    EXPECT_EQ(
        set.say("retention"),
        "warning 1: 2 backups gone before time: 2026-11-18T14:00 (2026-11-18T14:00Z, 151.2 MB) and "
        "2026-11-19T14:00 (2026-11-19T14:00Z, 151.2 MB); 7 restore points within 7 d, the oldest "
        "2026-11-16T03:05Z"
    );
}

TEST(RetentionCheck, warns_of_backups_that_were_damaged_since_they_were_seen) {
    struct Case {
        const char* what;
        std::vector<std::string> damaged;
        const char* said;
    };
    const std::vector<Case> cases{
        {"between whole ones, where a failed one would be taken for a night that was told",
         {"2026-11-18T03:05", "2026-11-19T03:05"},
         "warning 1: 2 backups damaged since completed: 2026-11-18T03:05 (2026-11-18T03:05Z, 151.2 "
         "MB: a file is cut short) and 2026-11-19T03:05 (2026-11-19T03:05Z, 151.2 MB: a file is "
         "cut short); within 7 d, 2 periods of 1 d without a restore point: none from "
         "2026-11-17T03:05Z to 2026-11-20T03:05Z"},
        {"the newest, which `backup` tells",
         {"2026-11-22T03:05"},
         "ok 0: 6 restore points within 7 d, the oldest 2026-11-16T03:05Z"},
        {"one dated in the future, of which `backup` says nothing",
         {"2036-11-22T03:05"},
         "warning 1: 1 backup damaged since completed: 2036-11-22T03:05 (2036-11-22T03:05Z, 151.2 "
         "MB: a file is cut short); 7 restore points within 7 d, the oldest 2026-11-16T03:05Z"},
    };
    for (const auto& c : cases) {
        ASet set;
        for (const std::string& id : c.damaged) {
            set.remove(id);
            set.backups().push_back(failed(id, "a file is cut short"));
            set.seen.damaged.push_back(completed(id));
            set.seen.damaged.back().error = "a file is cut short";
        }
        EXPECT_EQ(set.say("retention"), c.said) << c.what;
    }
}

TEST(RetentionCheck, without_a_promise_only_looks_for_what_vanished) {
    ASet set;
    set.policy.backup.reach_back.reset();
    set.backups() = {completed("2026-11-22T03:05")};
    EXPECT_EQ(set.say("retention"), "ok 0: no backup is gone before time");

    set.seen.vanished = {completed("2026-11-18T14:00", std::nullopt)};
    EXPECT_EQ(
        set.say("retention"),
        "warning 1: 1 backup gone before time: 2026-11-18T14:00 (2026-11-18T14:00Z)"
    );
}

TEST(RetentionCheck, is_critical_when_nothing_is_restorable_any_more) {
    ASet set;
    set.seen.vanished = set.backups();
    set.backups().clear();
    EXPECT_EQ(
        set.say("retention"),
        "critical 1: nothing can be restored any more: 7 backups gone before time: "
        "2026-11-16T03:05 (2026-11-16T03:05Z, 151.2 MB), 2026-11-17T03:05 (2026-11-17T03:05Z, "
        "151.2 "
        "MB), 2026-11-18T03:05 (2026-11-18T03:05Z, 151.2 MB) and 4 more"
    );
}

TEST(RetentionCheck, is_critical_when_all_that_is_left_is_damaged) {
    ASet set;
    set.seen.vanished = {completed("2026-11-21T03:05")};
    set.seen.damaged = {completed("2026-11-22T03:05")};
    set.seen.damaged.back().error = "it has no manifest.json";
    set.backups() = {failed("2026-11-22T03:05", "it has no manifest.json")};
    EXPECT_EQ(
        set.say("retention"),
        "critical 1: nothing can be restored any more: 1 backup gone before time: 2026-11-21T03:05 "
        "(2026-11-21T03:05Z, 151.2 MB); 1 backup damaged since completed: 2026-11-22T03:05 "
        "(2026-11-22T03:05Z, 151.2 MB: it has no manifest.json)"
    );
}

TEST(WithoutACompletedBackup, retention_and_size_are_silent) {
    ASet set;
    set.backups() = {failed("2026-11-22T03:05"), completed("2036-11-22T03:05")};
    EXPECT_EQ(set.say("retention"), "silent");
    EXPECT_EQ(set.say("size"), "silent");
}

TEST(RetentionCheck, is_silent_where_what_is_still_to_be_read_decides) {
    ASet set;
    set.remove("2026-11-19T03:05");
    set.backups().push_back(unread("2026-11-19T03:05"));
    EXPECT_EQ(set.say("retention"), "silent");

    set.remove("2026-11-17T03:05");
    EXPECT_EQ(set.say("retention"), "silent") << "one hole is certain, and told with the others";

    set.remove("2026-11-19T03:05");
    EXPECT_EQ(set.find("retention")->severity, Severity::warning);

    set.seen.vanished = {completed("2026-11-18T03:05")};
    set.backups() = {unread("2026-11-22T03:05")};
    EXPECT_EQ(set.say("retention"), "silent") << "it may be all that is needed";
    set.backups().clear();
    EXPECT_EQ(set.find("retention")->severity, Severity::critical);
}

}  // namespace
}  // namespace backupwatch
