#include "unit/core/a_set.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

/// A set whose backups a provider keeps, every night at three.
struct AProvidedSet : ASet {
    AProvidedSet() {
        policy.provider.emplace();
        policy.drill.reset();
        seen.inventory->provider.emplace();
    }
    ProviderReport& report() { return *seen.inventory->provider; }
    /// Nothing but a stretch that reaches up to that long ago.
    PointInTime& stretch(Duration behind) {
        backups().clear();
        report().pitr.emplace();
        report().pitr->earliest = now - 7 * day;
        report().pitr->latest = now - behind;
        return *report().pitr;
    }
    void judge_late(int failures, const std::string& why) const {
        EXPECT_EQ(find("backup")->failures, failures) << why << ": " << say("backup");
    }
};

TEST(ProviderCheck, A9_counts_what_is_late_by_the_time_of_day_where_that_is_told) {
    struct Case {
        const char* last;
        const char* due;  ///< on the first day of 2000
        const char* since;
        const char* now;
        int overdue;
        const char* why;
    };
    const Case cases[] = {
        {"2026-11-22T04:01", "T04:00", "2026-01-01T00:00", "2026-11-22T12:00", 0, "this night's"},
        {"2026-11-21T04:01", "T04:00", "2026-01-01T00:00", "2026-11-22T05:59", 0, "in grace"},
        {"2026-11-21T04:01", "T04:00", "2026-01-01T00:00", "2026-11-22T06:01", 1, "grace is over"},
        {"2026-11-21T15:00",
         "T04:00",
         "2026-01-01T00:00",
         "2026-11-22T06:01",
         1,
         "though it is young"},
        {"2026-11-22T03:40", "T04:00", "2026-01-01T00:00", "2026-11-22T06:01", 0, "a little early"},
        {"2026-11-19T04:01", "T04:00", "2026-01-01T00:00", "2026-11-22T06:01", 3, "three nights"},
        {"2026-11-21T23:01", "T04:00", "2026-11-22T05:00", "2026-11-22T12:00", 0, "moved since"},
        {"2026-11-21T03:01",
         "T23:00",
         "2026-11-21T12:00",
         "2026-11-22T12:00",
         1,
         "moved, and missed"},
    };
    for (const auto& [last, due, since, now, overdue, why] : cases) {
        AProvidedSet set;
        set.backups() = {completed(last)};
        set.report().due =
            DailyDue{at(std::string("2000-01-01") + due) - at("2000-01-01T00:00"), at(since)};
        set.now = at(now);
        set.judge_late(overdue, why);
    }
}

TEST(ProviderCheck, A9_counts_by_a_time_of_day_that_is_only_usual_what_came_long_before_it) {
    AProvidedSet set;
    set.report().due = DailyDue{7h, Instant(), 4h, true};
    set.now = at("2026-11-22T09:01");
    set.backups() = {completed("2026-11-22T05:00")};
    set.judge_late(0, "early");
    set.backups() = {completed("2026-11-21T03:00")};
    set.judge_late(1, "none this night");
    set.now = at("2026-11-22T08:59");
    set.judge_late(0, "the last was early, and there is time");
    set.now = at("2026-11-22T15:01");
    set.backups() = {completed("2026-11-21T13:00")};
    set.judge_late(1, "one at an hour of its own is held against its age alone");
    set.now = at("2026-11-22T14:59");
    set.judge_late(0, "and is no older than a day and the grace");
    set.now = at("2026-11-22T09:01");
    set.judge_late(0, "the hour may have been moved, and what came last is of this day");
}

TEST(ProviderCheck, A4_waits_since_the_project_was_made_and_not_since_it_is_watched) {
    AProvidedSet set;
    set.backups().clear();
    set.seen.watched_since = at("2026-11-22T11:00");
    set.report().exists_since = at("2026-11-19T11:00");
    set.judge_late(2, "the project is three days old");
    set.report().exists_since = at("2030-01-01T00:00");
    set.judge_late(0, "from the future: nothing is known of it");
}

TEST(ProviderCheck, A3_tells_an_idle_database_from_one_whose_archive_is_stuck) {
    AProvidedSet set;
    set.stretch(3 * day);
    EXPECT_EQ(set.find("backup")->severity, Severity::unknown);
    EXPECT_EQ(set.find("pitr")->severity, Severity::unknown);
    set.stretch(3 * day).is_waiting = false;
    EXPECT_EQ(set.find("backup")->severity, Severity::ok);
    EXPECT_EQ(set.find("pitr")->severity, Severity::ok);
    EXPECT_EQ(set.find("pitr")->value, "0 s");
    set.stretch(3 * day).is_waiting = true;
    EXPECT_EQ(set.find("backup")->severity, Severity::critical);
    EXPECT_EQ(set.find("backup")->failures, 2);
    EXPECT_EQ(set.find("pitr")->severity, Severity::critical);
}

TEST(ProviderCheck, A3_counts_from_when_something_was_first_seen_to_wait) {
    struct Case {
        Duration behind;
        Duration waits;
        int pitr;
        int backup;
        const char* why;
    };
    const Case cases[] = {
        {9h, 0h, 0, 0, "something always waits for a moment"},
        {9h, 15min, 0, 0, "max_pitr_lag"},
        {9h, 16min, 1, 0, "and nothing was archived meanwhile"},
        {3 * day, 16min, 1, 0, "an idle database that was written to just now"},
        {3 * day, 26h, 1, 1, "every + grace"},
        {3 * day, 50h, 1, 2, "one more"},
        {3 * day, -1h, 0, 0, "by a clock that was wrong"},
        {9h, 40h, 1, 0, "it cannot wait for longer than it is behind"},
    };
    for (const auto& [behind, waits, pitr, backup, why] : cases) {
        AProvidedSet set;
        PointInTime& stretch = set.stretch(behind);
        stretch.is_waiting = true;
        stretch.waiting_since = set.now - waits;
        EXPECT_EQ(set.find("pitr")->failures, pitr) << why << ": " << set.say("pitr");
        set.judge_late(backup, why);
    }
    AProvidedSet set;
    PointInTime& stretch = set.stretch(9h);
    stretch.is_waiting = true;
    stretch.waiting_since = set.now - 1h;
    EXPECT_EQ(
        set.say("pitr"),
        "critical 1: reaches up to 2026-11-22T03:00Z, 9 h ago, and what was written since waits to "
        "be archived, since 2026-11-22T11:00Z at the latest"
    );
}

TEST(ProviderCheck, A3_does_not_believe_that_a_database_is_idle_for_ever) {
    const auto idle_for = [](Duration behind) {
        AProvidedSet set;
        set.stretch(behind).is_waiting = false;
        set.report().pitr->earliest = set.now - 14 * day;
        return set;
    };
    EXPECT_EQ(idle_for(8 * day).find("pitr")->severity, Severity::ok);
    EXPECT_EQ(idle_for(8 * day + 1h).find("pitr")->severity, Severity::unknown);
    EXPECT_EQ(idle_for(8 * day + 1h).find("backup")->severity, Severity::ok);
    EXPECT_EQ(idle_for(10 * day + 2h).find("backup")->failures, 2);
    EXPECT_EQ(
        idle_for(9 * day + 2h).say("backup"),
        "unknown 1: can be restored only up to 2026-11-13T10:00Z, and nothing waits to be "
        "archived, "
        "though a base backup, of which there is one each week, writes something"
    );
}

TEST(ProviderCheck, A3_tells_nobody_of_what_is_only_asked_again) {
    AProvidedSet set;
    set.stretch(3 * day).is_asked_again = true;
    for (const char* check : {"backup", "pitr"}) {
        EXPECT_EQ(set.find(check)->severity, Severity::unknown);
        EXPECT_EQ(set.find(check)->failures, 0);
    }
}

TEST(ProviderCheck, B7_calls_no_stretch_fine_whose_beginning_nobody_knows) {
    AProvidedSet set;
    set.stretch(1min).earliest.reset();
    EXPECT_EQ(set.say("retention"), "unknown 1: since when it can be restored is not told");
    set.stretch(1min).earliest = set.now + 6min;
    EXPECT_EQ(
        set.say("retention"),
        "unknown 1: it is said to be restorable since 2026-11-22T12:06Z, which is in the future"
    );
    set.stretch(2h).earliest = set.now - 1h;
    EXPECT_EQ(
        set.say("retention"),
        "critical 1: nothing can be restored: the stretch is said to begin at 2026-11-22T11:00Z, "
        "and to end before, at 2026-11-22T10:00Z"
    );
    set.stretch(1h).earliest = set.now - 1h;
    EXPECT_EQ(set.find("retention")->severity, Severity::ok) << "to that one moment";
}

TEST(ProviderCheck, holds_no_verdict_against_a_clock_in_doubt) {
    AProvidedSet set;
    set.stretch(3 * day).is_waiting = true;
    set.seen.clock_doubted_before = set.now;
    EXPECT_EQ(set.find("backup")->severity, Severity::unknown);
    EXPECT_EQ(set.find("backup")->failures, 0);
    EXPECT_EQ(set.find("pitr")->severity, Severity::unknown);
    EXPECT_EQ(set.find("pitr")->failures, 0);
}

TEST(ProviderCheck, waits_for_a_stretch_that_has_just_begun) {
    AProvidedSet set;
    set.stretch(0h).latest.reset();
    set.seen.watched_since = set.now - 1h;
    EXPECT_EQ(
        set.say("backup"),
        "ok 0: waiting for the first backup: point-in-time recovery is on, and one is due at the "
        "latest at 2026-11-23T13:00Z"
    );
    EXPECT_EQ(set.say("pitr"), "silent");
    EXPECT_EQ(set.say("retention"), "silent");
    set.seen.watched_since = set.now - 3 * day;
    EXPECT_EQ(
        set.say("backup"),
        "critical 2: point-in-time recovery is on, and the provider names no moment to restore to"
    );
}

TEST(ProviderCheck, waits_for_a_stretch_that_an_old_project_has_just_switched_on) {
    AProvidedSet set;
    PointInTime& pitr = set.stretch(0h);
    pitr.latest.reset();
    pitr.began = set.now - 1h;
    set.report().exists_since = set.now - 700 * day;
    EXPECT_EQ(set.find("backup")->severity, Severity::ok);
    pitr.began = set.now - 2 * day;
    EXPECT_EQ(set.find("backup")->severity, Severity::critical);
}

TEST(ProviderCheck, cannot_tell_what_a_plan_that_nobody_can_read_promises) {
    AProvidedSet set;
    set.backups().clear();
    set.report().exists_since = set.now - 700 * day;
    set.report().is_plan_told = false;
    EXPECT_EQ(
        set.say("backup"),
        "unknown 1: cannot tell whether there should be a backup: the list is empty, and the plan, "
        "which may have none, cannot be read"
    );
    set.report().is_plan_told = true;
    EXPECT_EQ(set.find("backup")->severity, Severity::critical);
    set.report().is_plan_told = false;
    set.report().exists_since = set.now - 2h;
    EXPECT_EQ(set.find("backup")->severity, Severity::ok) << "it waits for the first";
}

TEST(ProviderCheck, believes_no_stretch_from_the_future) {
    AProvidedSet set;
    set.stretch(-10min);
    EXPECT_EQ(set.find("backup")->severity, Severity::critical);
    EXPECT_EQ(set.find("pitr")->severity, Severity::unknown);
    set.stretch(-1min);
    EXPECT_EQ(set.find("backup")->severity, Severity::ok) << "clocks differ a little";
    EXPECT_EQ(set.find("pitr")->severity, Severity::ok);
}

TEST(ProviderCheck, asks_for_recovery_only_where_the_policy_does) {
    AProvidedSet set;
    for (const auto& [mode, off, behind] :
         {std::tuple(PitrMode::off, Severity::ok, Severity::ok),
          std::tuple(PitrMode::optional, Severity::ok, Severity::critical),
          std::tuple(PitrMode::required, Severity::critical, Severity::critical)}) {
        set.policy.provider->pitr = mode;
        set.report().pitr.reset();
        EXPECT_EQ(set.find("pitr")->severity, off);
        set.stretch(3 * day).is_waiting = true;
        EXPECT_EQ(set.find("pitr")->severity, behind);
    }
}

TEST(ProviderCheck, B7_holds_a_stretch_against_what_was_bought_and_what_is_asked_for) {
    struct Case {
        int reaches;
        std::optional<int> bought;
        int began;  ///< days ago
        Severity severity;
    };
    const Case cases[] = {
        {7, 7, 30, Severity::ok},
        {6, 7, 30, Severity::ok},  // a base backup each day
        {5, 7, 30, Severity::warning},
        {7, 14, 30, Severity::warning},
        {7, 14, 7, Severity::ok},  // it is young
        {3, std::nullopt, 30, Severity::warning},
        {3, std::nullopt, 3, Severity::ok},
    };
    for (const auto& [reaches, bought, began, severity] : cases) {
        AProvidedSet set;
        PointInTime& pitr = set.stretch(0h);
        pitr.earliest = set.now - reaches * day;
        pitr.began = set.now - began * day;
        if (bought) pitr.keeps = *bought * day;
        EXPECT_EQ(set.find("retention")->severity, severity) << set.say("retention");
    }
}

TEST(ProviderCheck, tells_the_worst_of_what_is_remarked_first) {
    AProvidedSet set;
    EXPECT_EQ(set.say("project"), "ok 0: it runs, and nothing about it has changed");
    set.report().remarks = {
        {Severity::ok, "so it is"}, {Severity::critical, "paused"}, {Severity::warning, "small"}};
    EXPECT_EQ(set.say("project"), "critical 1: paused; small; so it is");
    set.is_unreadable(3, 1h);
    EXPECT_EQ(set.say("project"), "silent");
    EXPECT_EQ(set.say("pitr"), "silent");
}

TEST(ProviderCheck, A5_has_backups_all_the_same_where_a_plan_without_any_lists_some) {
    AProvidedSet set;
    set.report().plan_without = "free";
    EXPECT_EQ(set.find("backup")->severity, Severity::ok);
    set.backups().clear();
    EXPECT_EQ(set.find("backup")->severity, Severity::warning);
}

TEST(ProviderCheck, A5_has_nothing_to_say_against_a_plan_without_backups_where_dumps_are_taken) {
    AProvidedSet set;
    set.backups().clear();
    set.report().plan_without = "free";
    set.seen.beside = "nightly";
    EXPECT_EQ(
        set.say("backup"),
        "ok 0: no provider backup on the plan \"free\": what there is of this database is in the "
        "set nightly"
    );
}

TEST(ProviderCheck, B8_misses_no_backup_where_somebody_accepted_that_there_is_none) {
    AProvidedSet set;
    set.backups().clear();
    EXPECT_EQ(set.find("backup")->severity, Severity::critical);
    set.report().is_without = true;
    EXPECT_EQ(
        set.say("backup"),
        "warning 1: no provider backup, as was accepted: take dumps, in a set of their own with "
        "`source: dump` and `take`"
    );
    set.seen.beside = "nightly";
    EXPECT_EQ(
        set.say("backup"),
        "ok 0: no provider backup, as was accepted: what there is of this database is in the set "
        "nightly"
    );
}

}  // namespace
}  // namespace backupwatch
