// Many projects under one token.
#include "async/together.hpp"
#include "unit/watch/supabase_watch.hpp"

namespace backupwatch {
namespace {

class SupabaseFleet : public testing::Test {
  protected:
    static constexpr int projects = 50;

    SupabaseFleet() {
        std::string yaml = "state_dir: /nowhere\nwork_dir: /nowhere/work\ndatabases:\n";
        for (int i = 0; i < projects; ++i) {
            std::string ref = "abcdefghijklmnopqr";
            ref += static_cast<char>('a' + i / 26);
            ref += static_cast<char>('a' + i % 26);
            web.script.projects.emplace_back(clock.now(), ref);
            yaml += "- name: shop" + std::to_string(i) +
                    "\n  backups: [{source: supabase, project: " + ref +
                    ", access_token: " + web.script.token + "}]\n  disk: {source: supabase}\n";
        }
        world = std::make_unique<World>(configuration.settings_of(yaml), clock, *store, pool, web);
        run_on(loop, world->recall());
    }

    static Task<> look_only(World& world, WatchedSet& set) { co_await look(world, set); }
    static Task<> poll_only(World& world, WatchedDatabase& database, int& polled) {
        co_await poll_disk(world, database);
        ++polled;
    }
    std::vector<Task<>> sweep() {
        std::vector<Task<>> tasks;
        for (WatchedDatabase& database : world->databases) {
            tasks.push_back(look_only(*world, *database.sets.front()));
        }
        return tasks;
    }
    int asked_of_organization() { return web.script.asked_of["/v1/organizations/acme"]; }

    ConfigFolder configuration;
    asio::io_context loop{1};
    FakeClock clock{loop, parse_rfc3339("2026-11-22T12:00:00Z").value()};
    std::unique_ptr<Store> store = Store::in_memory();
    Pool pool{1};
    SupabaseWeb web{loop, clock};
    std::unique_ptr<World> world;
};

TEST_F(SupabaseFleet, C12_a_sweep_over_fifty_projects_stays_within_the_limits_and_ends) {
    run_on(loop, together(sweep()));
    EXPECT_EQ(web.script.refused, 0);
    EXPECT_EQ(asked_of_organization(), 1) << "once for all of its projects";
    for (WatchedDatabase& database : world->databases) {
        const auto& found = world->findings().at({database.name, "supabase", "backup"}).finding;
        EXPECT_EQ(found.severity, Severity::ok) << database.name << ": " << found.summary;
    }
}

TEST_F(SupabaseFleet, C12_disks_are_polled_though_every_place_of_a_sweep_is_taken) {
    int polled = 0;
    web.holds = "/database/backups";
    std::vector<Task<>> tasks = sweep();
    for (auto& task : tasks) asio::co_spawn(loop, std::move(task), asio::use_future);
    clock.settle();
    ASSERT_GT(web.held, 0);
    for (WatchedDatabase& database : world->databases) {
        run_on(loop, poll_only(*world, database, polled));
    }
    EXPECT_EQ(polled, projects);
    EXPECT_EQ(world->findings().at({"shop49", "", "disk"}).finding.severity, Severity::ok);
    web.release();
    clock.settle();
    EXPECT_EQ(
        world->findings().at({"shop49", "supabase", "backup"}).finding.severity, Severity::ok
    );
}

TEST_F(SupabaseFleet, C12_a_token_that_is_refused_is_one_cause_for_all) {
    web.script.instead_of_all = refusal(401, "Unauthorized");
    for (int times = 0; times < 3; ++times) {
        run_on(loop, together(sweep()));
        clock.advance(15min);
    }
    EXPECT_EQ(web.script.asked, 3 * projects);
    const auto& first = world->findings().at({"shop0", "supabase", "source"}).finding;
    const auto& last = world->findings().at({"shop49", "supabase", "source"}).finding;
    EXPECT_FALSE(first.cause.name.empty());
    EXPECT_EQ(first.cause.name, last.cause.name);
}

}  // namespace
}  // namespace backupwatch
