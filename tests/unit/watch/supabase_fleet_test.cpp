// Many projects under one token.
#include "async/together.hpp"
#include "sources/supabase/allowance.hpp"
#include "unit/watch/supabase_watch.hpp"

namespace backupwatch {
namespace {

class SupabaseFleet : public testing::Test {
  protected:
    explicit SupabaseFleet(int count = 50) : projects(count) {
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
    /// How long the longest took is `longest`.
    static Task<> poll_only(
        World& world, WatchedDatabase& database, int& polled, Duration& longest
    ) {
        const Duration began = world.clock.uptime();
        co_await poll_disk(world, database);
        longest = std::max(longest, world.clock.uptime() - began);
        ++polled;
    }
    std::vector<Task<>> sweep() {
        std::vector<Task<>> tasks;
        for (WatchedDatabase& database : world->databases) {
            tasks.push_back(look_only(*world, *database.sets.front()));
        }
        return tasks;
    }
    void add_polls(std::vector<Task<>>& tasks, int& polled, Duration& longest) {
        for (WatchedDatabase& database : world->databases) {
            tasks.push_back(poll_only(*world, database, polled, longest));
        }
    }
    /// With as much time as they need.
    Duration run_over_time(std::vector<Task<>> tasks) {
        const Duration began = clock.uptime();
        auto done = asio::co_spawn(loop, together(std::move(tasks)), asio::use_future);
        while (done.wait_for(0s) != std::future_status::ready && clock.uptime() - began < 10min) {
            clock.advance(1s);
        }
        EXPECT_EQ(done.wait_for(0s), std::future_status::ready) << "it ends";
        return clock.uptime() - began;
    }
    int asked_for(const std::string& rest) {
        int asked = 0;
        for (const auto& [path, times] : web.script.asked_of) {
            if (path.ends_with(rest)) asked += times;
        }
        return asked;
    }
    const Finding& found(const WatchedDatabase& database, const char* set, const char* check) {
        return world->findings().at({database.name, set, check}).finding;
    }
    int asked_of_organization() { return web.script.asked_of["/v1/organizations/acme"]; }

    const int projects;
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
    EXPECT_EQ(web.script.most_within_a_minute, 5u) << "of any project, and of their organization";
    EXPECT_EQ(asked_of_organization(), 1) << "once for all of its projects";
    for (WatchedDatabase& database : world->databases) {
        const auto& found = world->findings().at({database.name, "supabase", "backup"}).finding;
        EXPECT_EQ(found.severity, Severity::ok) << database.name << ": " << found.summary;
    }
}

TEST_F(SupabaseFleet, C12_checks_that_never_end_pass_no_limit_and_starve_no_disk) {
    int polled = 0;
    Duration longest{};
    std::vector<std::future<void>> begun;
    const auto begin = [&](std::vector<Task<>> tasks) {
        begun.push_back(asio::co_spawn(loop, together(std::move(tasks)), asio::use_future));
    };
    for (int second = 0; second < 120; ++second) {
        begin(sweep());
        if (second % 15 == 0) {
            std::vector<Task<>> polls;
            add_polls(polls, polled, longest);
            begin(std::move(polls));
        }
        clock.advance(1s);
        for (const WatchedDatabase& database : world->databases) {
            const Finding& disk = found(database, "", "disk");
            EXPECT_EQ(disk.summary, "8% used, 670.6 MB of 8.35 GB") << "and not as told before";
        }
    }
    EXPECT_EQ(polled, 8 * projects);
    EXPECT_LT(longest, 1s);
    clock.advance(3min);
    for (auto& work : begun) ASSERT_EQ(work.wait_for(0s), std::future_status::ready) << "it ends";
    // Each look has three questions: one each second would be more than may be.
    EXPECT_EQ(web.script.refused, 0);
    EXPECT_GE(web.script.most_within_a_minute, Allowance::most_of_looks);
    EXPECT_LE(web.script.most_within_a_minute, Allowance::most_per_minute);
    EXPECT_EQ(asked_of_organization(), 1);
    run_over_time(sweep());
    for (const WatchedDatabase& database : world->databases) {
        EXPECT_EQ(found(database, "supabase", "backup").severity, Severity::ok);
        EXPECT_EQ(found(database, "supabase", "source").summary, "it can be read");
    }
}

TEST_F(SupabaseFleet, C12_disks_are_polled_though_every_place_of_a_sweep_is_taken) {
    int polled = 0;
    Duration longest{};
    web.holds = "/database/backups";
    std::vector<Task<>> tasks = sweep();
    for (auto& task : tasks) asio::co_spawn(loop, std::move(task), asio::use_future);
    clock.settle();
    ASSERT_GT(web.held, 0);
    for (WatchedDatabase& database : world->databases) {
        run_on(loop, poll_only(*world, database, polled, longest));
    }
    EXPECT_EQ(polled, projects);
    EXPECT_EQ(world->findings().at({"shop49", "", "disk"}).finding.severity, Severity::ok);
    web.release();
    clock.settle();
    EXPECT_EQ(
        world->findings().at({"shop49", "supabase", "backup"}).finding.severity, Severity::ok
    );
}

/// What a look or a poll may take, by which it is given up.
constexpr Duration given_up = 1min;

TEST_F(SupabaseFleet, C12_disks_are_polled_in_time_though_each_reply_takes_two_seconds) {
    web.latency_of = [](const std::string&) { return 2s; };
    int polled = 0;
    Duration longest{};
    std::vector<Task<>> tasks = sweep();
    add_polls(tasks, polled, longest);
    run_over_time(std::move(tasks));
    EXPECT_EQ(polled, projects);
    EXPECT_LT(longest, given_up);
    for (const WatchedDatabase& database : world->databases) {
        EXPECT_EQ(found(database, "", "disk").severity, Severity::ok);
        EXPECT_EQ(found(database, "supabase", "backup").severity, Severity::ok)
            << database.name << ": " << found(database, "supabase", "backup").summary;
    }
}

TEST_F(SupabaseFleet, C12_what_a_disk_may_grow_to_is_asked_once_an_hour_and_not_of_all_at_once) {
    web.latency_of = [](const std::string&) { return 800ms; };
    int polled = 0;
    Duration longest{};
    int most = 0;
    for (int round = 0; round < 24; ++round) {
        const int before = asked_for("/config/disk");
        std::vector<Task<>> tasks;
        add_polls(tasks, polled, longest);
        const Duration took = run_over_time(std::move(tasks));
        if (round > 0) most = std::max(most, asked_for("/config/disk") - before);
        for (WatchedDatabase& database : world->databases) {
            EXPECT_EQ(found(database, "", "disk").severity, Severity::ok);
        }
        for (SupabaseProject& project : web.script.projects) {
            project.disk_measured_at = to_rfc3339(clock.now());
        }
        clock.advance(5min - took);
    }
    EXPECT_EQ(polled, 24 * projects);
    EXPECT_LT(longest, given_up);
    EXPECT_LE(most, projects / 4);
    EXPECT_GE(asked_for("/config/disk"), 2 * projects) << "each at the start, and each hour";
    EXPECT_LE(asked_for("/config/disk"), 3 * projects);
}

TEST_F(SupabaseFleet, C8_looks_have_their_backups_though_nothing_else_is_answered) {
    web.latency_of = [](const std::string& target) {
        return target.ends_with("/database/backups") ? Duration(1s) : Duration(1h);
    };
    // Two after each other, as there are places for looks.
    EXPECT_LT(run_over_time(sweep()), 2 * given_up);
    for (const WatchedDatabase& database : world->databases) {
        EXPECT_EQ(found(database, "supabase", "backup").severity, Severity::ok)
            << database.name << ": " << found(database, "supabase", "backup").summary;
        EXPECT_TRUE(found(database, "supabase", "project").failures == 0) << "missed once";
    }
    for (int times = 0; times < 2; ++times) {
        clock.advance(15min);
        run_over_time(sweep());
    }
    const Finding& project = found(world->databases.back(), "supabase", "project");
    EXPECT_EQ(project.severity, Severity::unknown) << project.summary;
}

TEST_F(SupabaseFleet, C8_an_api_that_hangs_is_one_cause_for_all) {
    web.latency_of = [](const std::string&) { return 1h; };
    for (int times = 0; times < 3; ++times) {
        std::vector<Task<>> tasks = sweep();
        int polled = 0;
        Duration longest{};
        add_polls(tasks, polled, longest);
        run_over_time(std::move(tasks));
        EXPECT_LT(longest, given_up);
        clock.advance(15min);
    }
    for (const WatchedDatabase& database : world->databases) {
        const Finding& source = found(database, "supabase", "source");
        EXPECT_EQ(source.severity, Severity::unknown);
        EXPECT_EQ(source.cause.name, "api.supabase.com") << source.summary;
        const Finding& disk = found(database, "", "disk");
        EXPECT_EQ(disk.cause.name, "api.supabase.com") << disk.summary;
    }
}

/// Of which each reply takes as long as one usually does.
class SupabaseLargeFleet : public SupabaseFleet {
  protected:
    SupabaseLargeFleet() : SupabaseFleet(200) {
        web.latency_of = [](const std::string&) { return 150ms; };
    }
};

TEST_F(SupabaseLargeFleet, C12_a_sweep_over_two_hundred_projects_is_answered_to_each_in_time) {
    for (int sweeps = 0; sweeps < 3; ++sweeps) {
        for (SupabaseProject& project : web.script.projects) {
            project.disk_measured_at = to_rfc3339(clock.now());
        }
        int polled = 0;
        Duration longest{};
        std::vector<Task<>> tasks = sweep();
        add_polls(tasks, polled, longest);
        EXPECT_LT(run_over_time(std::move(tasks)), given_up);
        EXPECT_EQ(polled, projects);
        for (const WatchedDatabase& database : world->databases) {
            for (const char* check : {"backup", "source", "project"}) {
                const Finding& finding = found(database, "supabase", check);
                EXPECT_EQ(finding.severity, Severity::ok) << database.name << finding.summary;
            }
            const Finding& disk = found(database, "", "disk");
            EXPECT_EQ(disk.summary, "8% used, 670.6 MB of 8.35 GB") << database.name;
        }
        clock.advance(15min);
    }
    EXPECT_EQ(web.script.refused, 0);
    EXPECT_LE(web.script.most_within_a_minute, 10u) << "of any project, and of their organization";
    EXPECT_EQ(asked_of_organization(), 1) << "once for all of its projects";
}

TEST_F(SupabaseLargeFleet, C12_a_failure_of_two_hundred_projects_is_no_storm_and_is_over_for_each) {
    web.script.instead_of_all = refusal(429, "Too Many Requests");
    run_over_time(sweep());
    EXPECT_LE(web.script.asked, projects) << "each is asked once at most";
    web.script.instead_of_all.reset();
    clock.advance(2min);
    run_over_time(sweep());
    for (const WatchedDatabase& database : world->databases) {
        EXPECT_EQ(found(database, "supabase", "backup").severity, Severity::ok) << database.name;
    }
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
