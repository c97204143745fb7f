#include "core/check/checks.hpp"

#include "core/check/set_checks.hpp"
#include "unit/core/inventories.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

constexpr Duration day = 24h;
const Instant noon = at("2026-11-22T12:00");

/// A set of nightly backups, watched for long, read a moment ago.
struct ASet {
    SetPolicy policy{
        .backup = {.every = day, .grace = 2h, .reach_back = 7 * day},
        .drill = DrillPolicy{.target = 5min, .max_age = 26h},
    };
    SetObservation seen;
    Instant now = noon;

    ASet() {
        seen.watched_since = at("2026-01-01T00:00");
        seen.inventory = Inventory{};
        for (int night = 16; night <= 22; ++night) {
            seen.inventory->backups.push_back(
                completed("2026-11-" + std::to_string(night) + "T03:05")
            );
        }
        passes_drill(10h, 12);
    }

    std::vector<Backup>& backups() { return seen.inventory->backups; }
    void remove(const std::string& id) {
        auto& list = backups();
        list.erase(
            std::remove_if(list.begin(), list.end(), [&](const Backup& b) { return b.id == id; }),
            list.end()
        );
    }
    void passes_drill(Duration ago, double seconds) {
        seen.last_drill = drilled(DrillOutcome::Result::passed, ago, {});
        seen.last_drill->seconds = seconds;
        seen.last_passed_drill = now - ago;
    }
    DrillOutcome drilled(DrillOutcome::Result result, Duration ago, const std::string& error) {
        DrillOutcome outcome;
        outcome.backup_id = "2026-11-22T03:05";
        outcome.result = result;
        outcome.finished_at = now - ago;
        outcome.error = error;
        return outcome;
    }
    void is_unreadable(int tries, Duration since) {
        seen.inventory.reset();
        seen.source = {
            .error = "401 Unauthorized",
            .tries = tries,
            .failing_since = now - since,
            .last_try = now};
    }

    std::vector<Finding> findings() const { return check_set(policy, seen, now); }
    std::optional<Finding> find(const std::string& check) const {
        for (const Finding& finding : findings()) {
            if (finding.check == check) return finding;
        }
        return std::nullopt;
    }
    /// `severity failures: summary`, or `silent`.
    std::string say(const std::string& check) const {
        const auto finding = find(check);
        if (!finding) return "silent";
        return std::string(to_string(finding->severity)) + " " + std::to_string(finding->failures) +
               ": " + finding->summary;
    }
};

TEST(CheckSet, finds_everything_in_order_in_a_healthy_set) {
    const ASet set;

    std::vector<std::string> checks;
    for (const Finding& finding : set.findings()) {
        checks.push_back(finding.check);
        EXPECT_EQ(finding.severity, Severity::ok) << finding.summary;
        EXPECT_EQ(finding.failures, 0);
    }
    EXPECT_EQ(
        checks, (std::vector<std::string>{"backup", "retention", "size", "restore", "source"})
    );
}

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

TEST(UnreadableSource, makes_backup_unknown_at_once_and_everything_else_silent) {
    ASet set;
    set.is_unreadable(1, 1min);

    EXPECT_EQ(
        set.say("backup"),
        "unknown 0: cannot tell whether there is a backup: the source cannot be read: 401 "
        "Unauthorized"
    );
    EXPECT_EQ(set.findings().size(), 2u);
    EXPECT_EQ(set.say("source"), "ok 0: tried again after 1 failed look: 401 Unauthorized");
}

TEST(UnreadableSource, fails_after_three_tries_and_counts_periods) {
    struct Case {
        int tries;
        Duration since;
        int failures;
    };
    const std::vector<Case> cases{
        {2, 10min, 0},          // still being tried
        {2, 3 * day, 0},        // however long that takes
        {3, 10min, 1},          // the third
        {90, day - 1ms, 1},     // polls never count
        {96, day, 2},           // periods do
        {400, 4 * day, 5},      //
        {3, Duration(-day), 1}  // the clock went back
    };
    for (const auto& [tries, since, failures] : cases) {
        ASet set;
        set.is_unreadable(tries, since);
        EXPECT_EQ(set.find("source")->failures, failures) << tries;
        EXPECT_EQ(set.find("backup")->failures, failures) << tries;
        EXPECT_EQ(set.find("backup")->severity, Severity::unknown);
        EXPECT_EQ(set.find("source")->severity, failures > 0 ? Severity::unknown : Severity::ok);
    }
}

TEST(UnreadableSource, says_since_when_and_why) {
    ASet set;
    set.is_unreadable(12, 3h);
    EXPECT_EQ(
        set.say("source"),
        "unknown 1: cannot be read since 2026-11-22T09:00Z (12 failed looks): 401 Unauthorized"
    );
    EXPECT_EQ(ASet().say("source"), "ok 0: was read");
}

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
        {"the newest: `backup` tells it as well",
         {"2026-11-22T03:05"},
         "warning 1: 1 backup damaged since completed: 2026-11-22T03:05 (2026-11-22T03:05Z, 151.2 "
         "MB: a file is cut short); 6 restore points within 7 d, the oldest 2026-11-16T03:05Z"},
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

TEST(SizeCheck, compares_the_newest_with_the_median_before_it) {
    constexpr std::uint64_t huge = 18'000'000'000'000'000'000u;
    struct Case {
        const char* what;
        std::vector<std::uint64_t> sizes;  ///< the oldest first
        Severity severity;
        const char* summary;
    };
    const std::vector<Case> cases{
        {"as usual", {100, 100, 100, 100}, Severity::ok, nullptr},
        {"exactly half", {100, 100, 100, 50}, Severity::ok, nullptr},
        {"under half",
         {100, 100, 100, 49},
         Severity::warning,
         "the last backup is 49 B, under half of the usual 100 B (median of the 3 before it)"},
        {"exactly double", {100, 100, 100, 200}, Severity::ok, nullptr},
        {"over double",
         {100, 100, 100, 201},
         Severity::warning,
         "the last backup is 201 B, over double of the usual 100 B (median of the 3 before it)"},
        {"empty", {100, 100, 100, 0}, Severity::critical, nullptr},
        {"empty, and the first", {0}, Severity::critical, nullptr},
        {"too few to compare",
         {100, 100, 1},
         Severity::ok,
         "the last backup is 1 B; with 2 backups before it there is nothing usual yet"},
        {"the first",
         {5},
         Severity::ok,
         "the last backup is 5 B; with 0 backups before it there is nothing usual yet"},
        {"an outlier before it does not move the median",
         {100, 100, 1, 100, 90},
         Severity::ok,
         nullptr},
        {"even counts: between the two", {100, 100, 200, 200, 74}, Severity::warning, nullptr},
        {"even counts: between the two", {100, 100, 200, 200, 75}, Severity::ok, nullptr},
        {"only the last seven count",
         {9, 9, 9, 9, 9, 9, 9, 100, 100, 100, 100, 100, 100, 100, 100},
         Severity::ok,
         nullptr},
        {"empty ones before it say nothing", {0, 0, 0, 100, 100, 100, 100}, Severity::ok, nullptr},
        {"no overflow", {huge, huge, huge, huge}, Severity::ok, nullptr},
        {"no overflow below", {huge, huge, huge, huge / 2 - 1}, Severity::warning, nullptr},
    };
    for (const auto& c : cases) {
        ASet set;
        set.backups().clear();
        Instant when = noon - Duration(day) * static_cast<int>(c.sizes.size());
        for (const std::uint64_t size : c.sizes) {
            set.backups().push_back(completed(to_rfc3339(when += day), size));
        }
        const auto finding = set.find("size");
        ASSERT_TRUE(finding) << c.what;
        EXPECT_EQ(finding->severity, c.severity) << c.what << ": " << finding->summary;
        EXPECT_EQ(finding->failures, c.severity == Severity::ok ? 0 : 1) << c.what;
        if (c.summary) {
            EXPECT_EQ(finding->summary, c.summary);
        }
    }
}

TEST(SizeCheck, says_what_is_usual) {
    EXPECT_EQ(
        ASet().say("size"),
        "ok 0: the last backup is 151.2 MB, near the usual 151.2 MB (median of the 6 before it)"
    );
}

TEST(SizeCheck, is_silent_where_the_source_tells_no_size) {
    ASet set;
    set.backups().back().size_bytes.reset();
    EXPECT_EQ(set.say("size"), "silent");
}

TEST(SizeCheck, leaves_out_what_did_not_complete) {
    ASet set;
    for (Backup& backup : set.backups()) {
        if (backup.id < "2026-11-20") backup.status = BackupStatus::failed;
    }
    EXPECT_EQ(
        set.say("size"),
        "ok 0: the last backup is 151.2 MB; with 2 backups before it there is nothing usual yet"
    );
}

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

TEST(Checks, are_all_named_before_they_have_anything_to_say) {
    ASet set;
    const auto names = [&set] {
        std::vector<std::string_view> sorted = checks_of(set.policy);
        std::sort(sorted.begin(), sorted.end());
        return sorted;
    };
    const auto said = [&set] {
        std::vector<std::string> sorted;
        for (const Finding& finding : set.findings()) sorted.push_back(finding.check);
        std::sort(sorted.begin(), sorted.end());
        return sorted;
    };
    EXPECT_TRUE(std::ranges::equal(names(), said())) << testing::PrintToString(said());
    set.policy.drill.reset();
    EXPECT_TRUE(std::ranges::equal(names(), said())) << testing::PrintToString(said());
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

/// A set whose clock jumped an hour ago.
ASet doubted() {
    ASet set;
    set.seen.clock_doubted_before = set.now - 1h;
    return set;
}

TEST(ClockInDoubt, holds_the_lateness_of_backups_and_is_not_green) {
    ASet set = doubted();
    const char* held =
        "unknown 0: cannot tell whether a backup is late, as the clock is in doubt: the last is "
        "2026-11-22T03:05Z, 151.2 MB";
    EXPECT_EQ(set.say("backup"), held) << "young by this clock";
    EXPECT_EQ(
        set.find("backup")->threshold, "1 d 2 h, not held against it while the clock is in doubt"
    );

    set.now += 10 * day;
    EXPECT_EQ(set.say("backup"), held) << "old by this clock";

    set.backups().clear();
    EXPECT_EQ(set.find("backup")->severity, Severity::unknown);
}

TEST(ClockInDoubt, still_tells_of_a_backup_that_failed) {
    ASet set = doubted();
    set.backups().push_back(failed("2026-11-22T11:30"));

    EXPECT_EQ(set.find("backup")->severity, Severity::critical);
    EXPECT_EQ(set.find("backup")->failures, 1);

    set.now += 10 * day;
    EXPECT_EQ(set.find("backup")->failures, 1) << "no period is overdue";
}

TEST(ClockInDoubt, ends_with_a_backup_taken_since) {
    ASet set = doubted();
    set.backups().push_back(completed("2026-11-22T11:30"));

    EXPECT_EQ(set.find("backup")->severity, Severity::ok);
}

TEST(ClockInDoubt, holds_the_age_of_drills_and_is_not_green) {
    ASet set = doubted();
    const char* held =
        "unknown 0: the last drill passed at 2026-11-22T02:00Z, and how long ago that is cannot be "
        "told, as the clock is in doubt; restored in 12 s, target 5 min";
    EXPECT_EQ(set.say("restore"), held) << "young by this clock";

    set.now += 10 * day;
    EXPECT_EQ(set.say("restore"), held) << "old by this clock";

    set.seen.last_drill->seconds = 1000;
    EXPECT_EQ(set.find("restore")->failures, 1) << "slow is slow by any clock";

    set.seen.last_drill = set.drilled(DrillOutcome::Result::failed, 5h, "rows missing");
    EXPECT_EQ(set.find("restore")->severity, Severity::critical);

    set.seen.last_drill.reset();
    set.seen.last_passed_drill.reset();
    EXPECT_EQ(set.find("restore")->severity, Severity::unknown);
}

TEST(SourceHealth, counts_looks_that_follow_at_once_as_one_try) {
    SourceHealth health;
    count_failed_look(health, "401", 15min, noon);
    count_failed_look(health, "402", 15min, noon + 1min);  // by hand
    count_failed_look(health, "403", 15min, noon + 7min);
    EXPECT_EQ(health.tries, 1);
    EXPECT_EQ(health.error, "403");

    count_failed_look(health, "404", 15min, noon + 8min);
    EXPECT_EQ(health.tries, 2);
    EXPECT_EQ(health.failing_since, noon);

    count_failed_look(health, "405", 15min, noon - 10 * day);
    EXPECT_EQ(health.tries, 3) << "a clock set back holds up nothing";
}

TEST(SourceHealth, is_the_same_after_a_restart) {
    ASet set;
    set.is_unreadable(12, 2 * day);
    const SourceHealth health = health_of(*set.find("source"));

    EXPECT_EQ(health.tries, 12);
    EXPECT_EQ(health.error, "401 Unauthorized");
    EXPECT_EQ(health.failing_since, set.now - 2 * day);

    EXPECT_EQ(health_of(*ASet().find("source")).tries, 0);
}

}  // namespace
}  // namespace backupwatch
