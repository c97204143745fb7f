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
            "shop/copied size: none",
            "shop/copied source: none",
            "shop/nightly backup: none",
            "shop/nightly restore: none",
            "shop/nightly retention: none",
            "shop/nightly size: none",
            "shop/nightly source: none",
        })
    );
}

TEST(WorldMetrics, keep_a_check_that_has_nothing_to_judge) {
    WatchedWorld watched(document);
    watched.command({"check", {"shop/nightly"}, {}});
    const auto lines = checks_of(*watched.world);
    EXPECT_EQ(lines.size(), 13u);
    for (const char* line : {"shop/nightly backup: ok", "shop/nightly size: none"}) {
        EXPECT_EQ(std::count(lines.begin(), lines.end(), line), 1)
            << line << " in " << testing::PrintToString(lines);
    }
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
