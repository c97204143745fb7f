#include "unit/core/a_set.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

TEST(BackupCheck, says_when_the_last_was_completed) {
    ASet set;
    EXPECT_EQ(
        set.say("backup"),
        "ok 0: the last backup was completed 8 h 55 min ago: 2026-11-22T03:05Z, 151.2 MB"
    );
    EXPECT_EQ(set.find("backup")->value, "8 h 55 min");
    EXPECT_EQ(set.find("backup")->threshold, "1 d 2 h");

    set.backups().back().size_bytes.reset();
    EXPECT_EQ(
        set.say("backup"), "ok 0: the last backup was completed 8 h 55 min ago: 2026-11-22T03:05Z"
    );
}

TEST(BackupCheck, is_critical_once_the_last_is_older_than_every_and_grace) {
    ASet set;
    set.now = at("2026-11-23T05:04");
    EXPECT_EQ(set.find("backup")->severity, Severity::ok);

    set.now = at("2026-11-25T06:05");
    EXPECT_EQ(
        set.say("backup"),
        "critical 3: no completed backup for 3 d 3 h (one is due every 1 d): the last is "
        "2026-11-22T03:05Z, 151.2 MB"
    );
}

TEST(BackupCheck, tells_a_backup_that_ran_and_failed_at_the_next_look) {
    ASet set;
    set.backups().push_back(failed("2026-11-22T11:00", "pg_dump: connection lost"));
    EXPECT_EQ(
        set.say("backup"),
        "critical 1: the backup of 2026-11-22T11:00Z failed: pg_dump: connection lost; the last "
        "completed one is 2026-11-22T03:05Z, 151.2 MB"
    );

    set.now = at("2026-11-24T12:00");
    EXPECT_EQ(
        set.say("backup"),
        "critical 2: no completed backup for 2 d 8 h (one is due every 1 d): the last is "
        "2026-11-22T03:05Z, 151.2 MB; the try of 2026-11-22T11:00Z failed: pg_dump: connection lost"
    );
}

TEST(BackupCheck, tells_the_newest_of_several_failures) {
    ASet set;
    set.backups() = {failed("2026-11-22T03:40", "second"), failed("2026-11-22T03:10", "first")};
    EXPECT_EQ(
        set.say("backup"),
        "critical 325: the backup of 2026-11-22T03:40Z failed: second; none was ever completed"
    );
}

TEST(BackupCheck, waits_for_the_first_backup_of_a_new_set_and_says_so) {
    ASet set;
    set.backups().clear();
    set.seen.watched_since = at("2026-11-21T10:01");
    EXPECT_EQ(
        set.say("backup"),
        "ok 0: waiting for the first backup: one is due every 1 d, at the latest at "
        "2026-11-22T12:01Z"
    );

    set.now = at("2026-11-22T12:01");
    EXPECT_EQ(
        set.say("backup"),
        "critical 1: no completed backup since this set is watched, 1 d 2 h (one is due every 1 d)"
    );
}

TEST(BackupCheck, does_not_wait_where_an_old_backup_shows_that_they_stopped) {
    ASet set;
    set.backups() = {completed("2026-11-10T03:05")};
    set.seen.watched_since = noon;
    EXPECT_EQ(set.find("backup")->severity, Severity::critical);
    EXPECT_EQ(set.find("backup")->failures, 12);
}

TEST(BackupCheck, never_reads_a_backup_from_the_future_as_success) {
    ASet set;
    set.backups().push_back(completed("2036-11-22T03:05"));
    EXPECT_EQ(
        set.say("backup"),
        "ok 0: the last backup was completed 8 h 55 min ago: 2026-11-22T03:05Z, 151.2 MB; dated in "
        "the future, so not counted: 2036-11-22T03:05 (2036-11-22T03:05Z)"
    );

    set.backups() = {completed("2036-11-22T03:05")};
    set.seen.watched_since = noon;
    EXPECT_EQ(
        set.say("backup"),
        "critical 1: no completed backup that proves anything; dated in the future, so not "
        "counted: "
        "2036-11-22T03:05 (2036-11-22T03:05Z)"
    );
}

TEST(BackupCheck, treats_an_unknown_status_as_absent_and_names_it) {
    ASet set;
    set.backups() = {
        with_status(BackupStatus::unknown, "2026-11-22T03:05", "FROZEN"),
        with_status(BackupStatus::unknown, "2026-11-21T03:05"),
    };
    set.seen.watched_since = noon;
    EXPECT_EQ(
        set.say("backup"),
        "ok 0: waiting for the first backup: one is due every 1 d, at the latest at "
        "2026-11-23T14:00Z; of unknown status, so not counted: 2026-11-22T03:05 (FROZEN) and "
        "2026-11-21T03:05"
    );
}

TEST(BackupCheck, says_neither_late_nor_fine_of_what_is_still_to_be_read) {
    struct Case {
        const char* what;
        std::vector<Backup> backups;
        const char* said;
    };
    const std::vector<Case> cases{
        {"one in time is there",
         {completed("2026-11-19T03:05"), unread("2026-11-22T03:05")},
         "unknown 1: cannot tell yet whether the newest backup is whole: the last that is known to "
         "be is 2026-11-19T03:05Z, 151.2 MB; still to be read to the end, so not counted yet: "
         "2026-11-22T03:05 (1 of 9 GB)"},
        {"it has just come",
         {completed("2026-11-19T03:05"), unread("2026-11-22T11:05")},
         "unknown 0: cannot tell yet whether the newest backup is whole: the last that is known to "
         "be is 2026-11-19T03:05Z, 151.2 MB; still to be read to the end, so not counted yet: "
         "2026-11-22T11:05 (1 of 9 GB)"},
        {"no other was ever whole",
         {unread("2026-11-22T03:05")},
         "unknown 1: cannot tell yet whether the newest backup is whole: none is known to be; "
         "still "
         "to be read to the end, so not counted yet: 2026-11-22T03:05 (1 of 9 GB)"},
        {"all of them are read again",
         {unread("2026-11-19T03:05"), unread("2026-11-22T03:05")},
         "unknown 1: cannot tell yet whether the newest backup is whole: none is known to be; "
         "still to be read to the end, so not counted yet: 2026-11-19T03:05 (1 of 9 GB) and "
         "2026-11-22T03:05 (1 of 9 GB)"},
        {"one failed before it",
         {completed("2026-11-20T03:05"), failed("2026-11-21T03:05"), unread("2026-11-22T03:05")},
         "unknown 1: cannot tell yet whether the newest backup is whole: the last that is known to "
         "be is 2026-11-20T03:05Z, 151.2 MB; still to be read to the end, so not counted yet: "
         "2026-11-22T03:05 (1 of 9 GB)"},
        {"nobody was through with any for three nights",
         {completed("2026-11-19T03:05"), unread("2026-11-20T03:05"), unread("2026-11-22T03:05")},
         "unknown 3: cannot tell yet whether the newest backup is whole: the last that is known to "
         "be is 2026-11-19T03:05Z, 151.2 MB; still to be read to the end, so not counted yet: "
         "2026-11-20T03:05 (1 of 9 GB) and 2026-11-22T03:05 (1 of 9 GB)"},
        {"one before it is young enough",
         {completed("2026-11-21T23:05"), unread("2026-11-22T11:05")},
         "ok 0: the last backup was completed 12 h 55 min ago: 2026-11-21T23:05Z, 151.2 MB; still "
         "to be read to the end, so not counted yet: 2026-11-22T11:05 (1 of 9 GB)"},
        {"whole or not, it is late itself",
         {completed("2026-11-18T03:05"), unread("2026-11-20T03:05")},
         "critical 4: no completed backup for 4 d 8 h (one is due every 1 d): the last is "
         "2026-11-18T03:05Z, 151.2 MB; still to be read to the end, so not counted yet: "
         "2026-11-20T03:05 (1 of 9 GB)"},
        {"whole or not, one failed after it",
         {completed("2026-11-21T03:05"), unread("2026-11-22T03:05"), failed("2026-11-22T11:00")},
         "critical 1: no completed backup for 1 d 8 h (one is due every 1 d): the last is "
         "2026-11-21T03:05Z, 151.2 MB; the try of 2026-11-22T11:00Z failed: disk full; still to be "
         "read to the end, so not counted yet: 2026-11-22T03:05 (1 of 9 GB)"},
        {"it is dated in the future",
         {completed("2026-11-19T03:05"), unread("2027-11-22T03:05")},
         "critical 3: no completed backup for 3 d 8 h (one is due every 1 d): the last is "
         "2026-11-19T03:05Z, 151.2 MB; still to be read to the end, so not counted yet: "
         "2027-11-22T03:05 (1 of 9 GB)"},
    };
    for (const Case& c : cases) {
        ASet set;
        set.backups() = c.backups;
        EXPECT_EQ(set.say("backup"), c.said) << c.what;
    }
}

TEST(BackupCheck, cannot_tell_a_copy_from_the_dump_of_an_idle_database) {
    const auto same = [](const std::string& when, const std::string& since) {
        Backup backup = completed(when);
        backup.unchanged_since = at(since);
        return backup;
    };
    struct Case {
        const char* what;
        std::vector<Backup> backups;
        const char* said;
        const char* watched_since = "2026-01-01T00:00";
    };
    const std::vector<Case> cases{
        {"late, if it is a copy",
         {completed("2026-11-19T03:05"), same("2026-11-22T03:05", "2026-11-19T03:05")},
         "unknown 1: cannot tell whether the last backup is new: 2026-11-22T03:05Z, 151.2 MB is "
         "byte for byte the one of 2026-11-19T03:05Z, a copy of it, or a dump of a database in "
         "which nothing has changed since (pg_dump marks each dump since its releases of August "
         "2025, and dates those of -Fc)"},
        {"not late, even so",
         {same("2026-11-22T03:05", "2026-11-21T11:00")},
         "ok 0: the last backup was completed 8 h 55 min ago: 2026-11-22T03:05Z, 151.2 MB"},
        {"another one came after it",
         {same("2026-11-21T03:05", "2026-11-11T03:05"), completed("2026-11-22T03:05")},
         "ok 0: the last backup was completed 8 h 55 min ago: 2026-11-22T03:05Z, 151.2 MB"},
        {"late, whatever it is",
         {same("2026-11-20T03:05", "2026-11-11T03:05")},
         "critical 2: no completed backup for 2 d 8 h (one is due every 1 d): the last is "
         "2026-11-20T03:05Z, 151.2 MB"},
        {"dated in the future, and there is no other",
         {same("2036-11-22T03:05", "2026-11-19T03:05")},
         "critical 1: no completed backup that proves anything; dated in the future, so not "
         "counted: 2036-11-22T03:05 (2036-11-22T03:05Z)",
         "2026-11-22T12:00"},
    };
    for (const Case& c : cases) {
        ASet set;
        set.backups() = c.backups;
        set.seen.watched_since = at(c.watched_since);
        EXPECT_EQ(set.say("backup"), c.said) << c.what;
    }
}

}  // namespace
}  // namespace backupwatch
