#include "web/world_metrics.hpp"

#include "unit/commands/watched_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace backupwatch {
namespace {

const std::string document = R"(
state_dir: $/state
databases:
  - name: shop
    url: host=/nowhere
    backups:
      - {source: dump, name: nightly, directory: $/shop, take: "03:00", drill: {}}
      - {source: dump, name: copied, directory: $/copied}
    disk: {source: filesystem, path: /}
)";

/// `database/set check` of each check, with its verdict.
std::vector<std::string> checks_of(const World& world) {
    std::vector<std::string> lines;
    for (const auto& check : metrics_of(world, {}, true).checks) {
        const std::string verdict =
            check.severity ? std::string(to_string(*check.severity)) : "none";
        lines.push_back(check.database + "/" + check.set + " " + check.check + ": " + verdict);
    }
    return lines;
}

TEST(WorldMetrics, have_every_configured_check_before_anybody_has_looked) {
    const WatchedWorld watched(document);
    EXPECT_EQ(
        checks_of(*watched.world),
        (std::vector<std::string>{
            "backupwatch/ clock: none",
            "backupwatch/ disk: none",
            "backupwatch/ state: none",
            "shop/ disk: none",
            "shop/copied backup: none",
            "shop/copied retention: none",
            "shop/copied shape: none",
            "shop/copied size: none",
            "shop/copied source: none",
            "shop/nightly backup: none",
            "shop/nightly restore: none",
            "shop/nightly retention: none",
            "shop/nightly shape: none",
            "shop/nightly size: none",
            "shop/nightly source: none",
        })
    );
}

TEST(WorldMetrics, keep_a_check_that_has_nothing_to_judge) {
    WatchedWorld watched(document);
    watched.command({"check", {"shop/nightly"}, {}});
    const auto lines = checks_of(*watched.world);
    EXPECT_EQ(lines.size(), 15u);
    for (const char* line : {"shop/nightly backup: ok", "shop/nightly size: none"}) {
        EXPECT_EQ(std::count(lines.begin(), lines.end(), line), 1)
            << line << " in " << testing::PrintToString(lines);
    }
}

TEST(WorldMetrics, agree_with_what_is_judged) {
    WatchedWorld watched(document);
    WatchedSet& set = watched.world->find_set("shop/nightly");
    const auto drilled = [&set](DrillOutcome::Result result, bool by_hand, double seconds) {
        DrillRecord record;
        record.by_hand = by_hand;
        record.outcome.result = result;
        record.outcome.seconds = seconds;
        remember_drill(set, record);
    };
    const auto row = [&watched] { return metrics_of(*watched.world, {}, true).sets.at(0); };
    drilled(DrillOutcome::Result::passed, false, 10);
    drilled(DrillOutcome::Result::failed, true, 20);
    EXPECT_EQ(row().drill->last_passed, true) << "one by hand that failed counts nothing";
    EXPECT_EQ(row().drill->last_seconds, 10);
    EXPECT_EQ(row().drill->target_seconds, 300) << "by default";

    Outcome outcome;
    outcome.database = "shop";
    outcome.set = "nightly";
    Finding& held = outcome.findings.emplace_back();
    held.database = "shop";
    held.set = "nightly";
    held.check = "backup";
    held.severity = Severity::critical;
    held.failures = 3;
    watched.commit(std::move(outcome));
    EXPECT_EQ(row().consecutive_failures, 3) << "as the check counts them";
}

TEST(WorldMetrics, say_unknown_of_a_set_whose_looks_do_not_come_back) {
    WatchedWorld watched(document);
    watched.command({"check", {"shop/nightly"}, {}});
    watched.pass(std::chrono::hours(1));
    const auto lines = checks_of(*watched.world);
    for (const char* line : {"shop/nightly backup: unknown", "shop/copied backup: unknown"}) {
        EXPECT_EQ(std::count(lines.begin(), lines.end(), line), 1)
            << line << " in " << testing::PrintToString(lines);
    }
}

TEST(WorldMetrics, have_recovery_of_what_a_provider_keeps_and_of_nothing_else) {
    WatchedWorld watched(R"(
state_dir: $/state
databases:
  - name: shop
    backups:
      - {source: dump, name: copied, directory: $/copied}
      - {source: supabase, project: abcdefghijklmnopqrst, access_token: sbp_x}
)");
    const auto pitr = [&](std::size_t set) {
        return metrics_of(*watched.world, {}, true).sets[set].pitr;
    };
    EXPECT_FALSE(pitr(0));
    ASSERT_TRUE(pitr(1));
    EXPECT_EQ(pitr(1)->is_enabled, std::nullopt) << "nobody has looked yet";

    watched.web.http_reply.status = 200;
    watched.web.http_reply.body =
        R"({"pitr_enabled":true,"backups":[],"physical_backup_data":)"
        R"({"earliest_physical_backup_date_unix":1795000000,"latest_physical_backup_date_unix":1795348500}})";
    watched.command({"check", {"shop/supabase"}, {}});
    EXPECT_EQ(pitr(1)->is_enabled, true);
    const Instant latest = parse_rfc3339("2026-11-22T11:55:00Z").value();
    EXPECT_EQ(pitr(1)->latest, latest);
    EXPECT_EQ(metrics_of(*watched.world, {}, true).sets[1].last_success, latest);
}

TEST(WorldMetrics, count_slots_of_drills_whether_after_a_backup_or_by_schedule) {
    const WatchedWorld watched(R"(
state_dir: $/state
databases:
  - name: shop
    url: host=/nowhere
    backups:
      - {source: dump, name: after, directory: $/after, take: "03:00", drill: {}}
      - {source: dump, name: weekly, directory: $/weekly, take: "03:00", drill: {when: "Sun 04:00"}}
      - {source: dump, name: never, directory: $/never, take: "03:00"}
)");
    const std::vector<StreamKey> by_schedule{{"shop", "weekly", "drill"}};
    const auto streams = metrics_of(*watched.world, by_schedule, true).streams;
    const std::vector<StreamKey> expected{{"shop", "weekly", "drill"}, {"shop", "after", "drill"}};
    EXPECT_EQ(streams, expected);
}

}  // namespace
}  // namespace backupwatch
