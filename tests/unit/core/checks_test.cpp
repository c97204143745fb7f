#include "unit/core/a_set.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace backupwatch {
namespace {

TEST(CheckSet, finds_everything_in_order_in_a_healthy_set) {
    const ASet set;

    std::vector<std::string> checks;
    for (const Finding& finding : set.findings()) {
        checks.push_back(finding.check);
        EXPECT_EQ(finding.severity, Severity::ok) << finding.summary;
        EXPECT_EQ(finding.failures, 0);
    }
    EXPECT_EQ(
        checks,
        (std::vector<std::string>{"backup", "retention", "size", "shape", "restore", "source"})
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
    EXPECT_EQ(ASet().say("source"), "ok 0: it can be read");
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

}  // namespace
}  // namespace backupwatch
