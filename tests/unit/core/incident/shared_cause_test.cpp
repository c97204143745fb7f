// One cause over many databases: what is found of it, who is told of it, and of what it makes fail.
#include "core/incident/shared_cause.hpp"

#include "alerts.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

const std::string server = "db.example.com:5432";

Finding failing(const std::string& database, Severity severity, int failures) {
    Finding finding = Alerts::finding("backup", severity, failures);
    finding.database = database;
    finding.cause = {server, "cannot connect to " + server};
    return finding;
}

std::optional<Finding> found(const std::vector<Finding>& findings, bool is_open = false) {
    Blaming blaming;
    for (const Finding& finding : findings) blaming.push_back(&finding);
    return check_shared_cause(server, blaming, is_open);
}

TEST(SharedCause, is_none_where_a_single_database_fails_by_it) {
    EXPECT_EQ(found({}), std::nullopt);
    EXPECT_EQ(found({failing("a", critical, 1)}), std::nullopt);
    Finding disk = failing("a", unknown, 1);
    disk.check = "disk";
    EXPECT_EQ(found({failing("a", critical, 1), disk}), std::nullopt) << "one database twice";
}

TEST(SharedCause, is_as_bad_as_the_worst_and_as_old_as_the_oldest_of_what_fails_by_it) {
    Finding first = failing("a", unknown, 2);
    first.since = *parse_rfc3339("2026-11-22T03:00:00Z");
    Finding second = failing("b", critical, 1);
    second.since = *parse_rfc3339("2026-11-21T03:00:00Z");
    second.cause.error = "the worst says why";

    const auto finding = found({first, second});

    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->database, "backupwatch");
    EXPECT_EQ(finding->set, server);
    EXPECT_EQ(finding->check, "source");
    EXPECT_EQ(finding->severity, critical);
    EXPECT_EQ(finding->failures, 1) << "nothing critical failed more often";
    EXPECT_EQ(finding->since, second.since);
    EXPECT_EQ(finding->summary, "makes databases fail: the worst says why");
}

TEST(SharedCause, goes_on_until_nothing_fails_by_it) {
    const auto one_left = found({failing("a", critical, 1)}, true);
    ASSERT_TRUE(one_left);
    EXPECT_EQ(one_left->severity, critical);
    const auto none_left = found({}, true);
    ASSERT_TRUE(none_left);
    EXPECT_EQ(none_left->severity, ok);
    EXPECT_EQ(none_left->failures, 0);
}

TEST(SharedCause, has_spread_to_as_many_new_ones_as_go_on_or_to_any_after_an_hour) {
    const Lines two{"a", "b"};
    EXPECT_FALSE(has_spread(two, two, 100h));
    EXPECT_FALSE(has_spread({"a"}, two, 100h)) << "fewer are no news";
    EXPECT_FALSE(has_spread({"a", "b", "c"}, two, 59min));
    EXPECT_TRUE(has_spread({"a", "b", "c"}, two, 1h));
    EXPECT_TRUE(has_spread({"a", "b", "c", "d"}, two, 0s));
    EXPECT_TRUE(has_spread({"a", "c"}, two, 0s)) << "as many, but another";
    EXPECT_TRUE(has_spread({"a"}, {}, 0s));
}

/// The situation of `a`, whose backup fails by a cause that others share.
struct Sharing : Alerts {
    std::vector<std::string> judged_beside(const Finding& shared, int failures = 1) {
        Situation situation;
        situation.database = "a";
        situation.set = "nightly";
        situation.findings = {failing("a", critical, failures)};
        situation.checks = checks;
        situation.shared_causes = {shared};
        return keep(judge(open, situation, policy, silences, now));
    }

    std::vector<std::string> judged_itself(const Finding& shared, std::size_t members) {
        Situation situation;
        situation.database = "backupwatch";
        situation.set = server;
        situation.findings = {shared};
        situation.checks = {"source"};
        for (std::size_t i = 0; i < members; ++i) situation.members.push_back(std::to_string(i));
        return keep(judge(open, situation, policy, silences, now));
    }
};

Finding shared_one(Severity severity = critical, int failures = 1) {
    Finding shared = *found({failing("a", critical, failures), failing("b", critical, failures)});
    shared.severity = severity;
    return shared;
}

TEST(SharedCause, is_told_in_the_place_of_what_fails_by_it) {
    Sharing alerts;
    EXPECT_EQ(alerts.judged_beside(shared_one()), Lines{});
    EXPECT_TRUE(alerts.open.empty()) << "it is shown under the shared one";
    const Lines both{"email problem critical", "slack problem critical"};
    EXPECT_EQ(alerts.judged_beside(shared_one(ok)), both) << "it is over, and this still fails";
}

TEST(SharedCause, speaks_for_nothing_to_whom_it_is_not_told) {
    Sharing alerts;
    alerts.policy.steps[0].databases = {"a"};
    const Lines both{"email problem critical", "slack problem critical"};
    EXPECT_EQ(alerts.judged_beside(shared_one()), both) << "they hear of `a` alone";
    EXPECT_EQ(alerts.judged_beside(shared_one(critical, 2), 2), Lines{}) << "the pager hears of it";
}

TEST(SharedCause, when_silenced_keeps_what_fails_by_it_quiet_too) {
    Sharing alerts;
    Silence silence;
    silence.database = "backupwatch";
    silence.set = server;
    silence.made_at = alerts.now;
    silence.until = alerts.now + 2h;
    alerts.silences = {silence};
    EXPECT_EQ(alerts.judged_beside(shared_one()), Lines{});
    EXPECT_EQ(alerts.judged_itself(shared_one(), 2), Lines{});
}

TEST(SharedCause, tells_again_whom_it_makes_fail_when_those_are_many_more) {
    Sharing alerts;
    const Lines problem{"email problem critical", "slack problem critical"};
    const Lines worse{"email worse critical", "slack worse critical"};
    EXPECT_EQ(alerts.judged_itself(shared_one(), 2), problem);
    EXPECT_EQ(alerts.judged_itself(shared_one(), 3), Lines{});
    ASSERT_TRUE(alerts.wake);
    EXPECT_LE(*alerts.wake, alerts.now + 1h) << "it is judged again when the third may be told";
    EXPECT_EQ(alerts.judged_itself(shared_one(), 4), worse);
    ASSERT_EQ(alerts.last.front().notice.members.size(), 4U);
    alerts.now += 1h;
    EXPECT_EQ(alerts.judged_itself(shared_one(), 5), worse);
    alerts.now += 1h;
    EXPECT_EQ(alerts.judged_itself(shared_one(), 5), Lines{});
    EXPECT_EQ(alerts.judged_itself(shared_one(), 1), Lines{}) << "fewer are no news";
}

TEST(SharedCause, pages_again_those_who_closed_it_for_the_ones_that_are_left) {
    Sharing alerts;
    alerts.judged_itself(shared_one(critical, 5), 3);
    EXPECT_EQ(alerts.judged_itself(shared_one(critical, 1), 2), Lines{});
    EXPECT_EQ(alerts.judged_itself(shared_one(critical, 2), 2), Lines{"pagerduty again critical"});
}

TEST(SharedCause, speaks_for_nothing_to_a_pager_that_it_would_call_later) {
    Sharing alerts;
    alerts.policy.steps = {
        {.notify = {"pagerduty"}, .checks = {"backup"}, .consecutive_failures = 2},
        {.notify = {"pagerduty"}, .checks = {"source"}, .duration = 6h}};
    EXPECT_EQ(
        alerts.judged_beside(shared_one(critical, 2), 2), Lines{"pagerduty problem critical"}
    );
}

TEST(SharedCause, pages_once_and_whoever_acknowledged_it_still_hears_how_far_it_goes) {
    Sharing alerts;
    alerts.judged_itself(shared_one(), 2);
    EXPECT_EQ(
        alerts.judged_itself(shared_one(critical, 2), 2), Lines{"pagerduty problem critical"}
    );
    alerts.open.front().acknowledged_until = alerts.now + 24h;
    const Lines worse{"email worse critical", "slack worse critical"};
    EXPECT_EQ(alerts.judged_itself(shared_one(critical, 2), 4), worse);
}

TEST(Standings, say_of_what_fails_by_a_shared_cause_that_it_is_told_with_that) {
    Sharing alerts;
    alerts.policy.steps[0].databases = {"a"};
    alerts.judged_beside(shared_one());
    ASSERT_EQ(alerts.open.size(), 1U);
    const Leader leader{{"backupwatch", server, "source"}, critical};
    const auto all = standings(alerts.open.front(), alerts.policy, {}, alerts.now, leader);
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].held_back, "") << "email hears of `a` alone";
    EXPECT_EQ(all[2].held_back, "told with backupwatch/db.example.com:5432 source");
    EXPECT_EQ(all[2].next, "told, if it still fails when that is over");
}

}  // namespace
}  // namespace backupwatch
