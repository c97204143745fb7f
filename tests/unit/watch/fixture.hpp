#pragma once
#include "async/pool.hpp"
#include "async/scope.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/fake_network.hpp"
#include "process/file_lock.hpp"
#include "support/loop.hpp"
#include "support/temporary_folder.hpp"
#include "unit/watch/fake_source.hpp"
#include "unit/watch/refusing_store.hpp"
#include "watch/streams.hpp"
#include "watch/work.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace backupwatch {

using namespace std::chrono_literals;

inline const Instant noon = parse_rfc3339("2026-11-22T12:00:00Z").value();

/// Told to slack at once, and to pagerduty at the second failure.
inline AlertPolicy chat_and_pager() {
    AlertPolicy policy;
    policy.lanes = {
        Lane{"slack", "", "endpoint-of-slack"},
        Lane{"pagerduty", "", "endpoint-of-pagerduty", true, "route"}};
    policy.steps = default_escalation(policy.lanes);
    return policy;
}

/// A world of fakes: one database, `shop`, with the sets a test asks for. Its state outlives a
/// world, as it outlives a process.
class Watch : public testing::Test {
  protected:
    ~Watch() override { end_all(); }

    std::shared_ptr<World> make_world(int drills = 1) { return make_world(drills, nullptr); }
    /// As a reload does, with the sets that the test adds again.
    std::shared_ptr<World> reload(const World& before) { return make_world(1, &before); }

    std::shared_ptr<World> make_world(int drills, const World* before) {
        return make_world(drills, before, clock);
    }
    std::shared_ptr<World> make_world(int drills, const World* before, Clock& civil) {
        Settings settings;
        settings.state_dir = folder.path();
        settings.work_dir = folder / "work";
        settings.concurrency.drills = drills;
        settings.alerts = alerts;
        auto world = std::make_shared<World>(std::move(settings), civil, store, pool, web, before);
        worlds.push_back(world);
        world->databases.emplace_back().name = "shop";
        run_on(loop, world->recall());
        return world;
    }

    /// Drilled after each backup, looked at every 15 minutes.
    WatchedSet& add_set(World& world, const std::string& name = "nightly") {
        return add_set(world, name, std::make_shared<SetMemory>());
    }
    /// The same with one backup, of an hour ago.
    WatchedSet& add_set_with_backup(
        World& world, const std::string& name = "nightly", Duration drill_lasts = {}
    ) {
        WatchedSet& set = add_set(world, name);
        source_of(set).add(noon - 1h);
        source_of(set).drill_lasts = drill_lasts;
        return set;
    }
    WatchedSet& add_set(World& world, const std::string& name, std::shared_ptr<SetMemory> known) {
        auto set = std::make_unique<WatchedSet>(std::move(known));
        set->database = "shop";
        set->settings.name = name;
        set->settings.grace = 1h;
        set->settings.drill.emplace();
        set->settings.drill->timeout = 24h;
        set->source = std::make_unique<FakeSource>(clock);
        world.databases.front().sets.push_back(std::move(set));
        return *world.databases.front().sets.back();
    }

    static FakeSource& source_of(WatchedSet& set) { return dynamic_cast<FakeSource&>(*set.source); }

    /// Begins it, and lets it go on by itself.
    void begin(Task<> task) {
        scope->spawn("work of a test", std::move(task));
        clock.settle();
    }
    /// As every poll does, and waits for the drill.
    void begin_look(World& world, WatchedSet& set) { begin(look_and_pay(world, set)); }
    static Task<> look_only(World& world, WatchedSet& set) { co_await look(world, set); }
    static Task<> look_and_pay(World& world, WatchedSet& set) {
        co_await look(world, set);
        co_await pay_drill(world, set);
    }

    /// As when the process is killed: whatever runs is gone, and nothing of it is recorded.
    void end_all() {
        scope->cancel();
        // What is on the pool's thread comes back in its own time.
        for (int turns = 0; turns < 2000 && scope->size() > 0; ++turns) {
            clock.settle();
            if (scope->size() > 0) std::this_thread::sleep_for(1ms);
        }
        EXPECT_EQ(scope->size(), 0u);
        scope = make_scope();
    }

    static DueSlot due(Instant slot, int attempt = 1) {
        return {.slot = slot, .late = false, .attempt = attempt, .previous = slot - 24h};
    }
    /// The slot of that stream that would be worked next: opened, as the scheduler does it.
    SlotOf open_slot(const std::string& kind, Instant slot, int attempt = 1) {
        const StreamKey key{"shop", "nightly", kind};
        run_on(loop, store.open_slot(key, due(slot, attempt), clock.now()));
        return Outcome::Slot{key, slot, {}};
    }
    bool is_open(const std::string& kind) {
        return run_on(loop, store.history({"shop", "nightly", kind}, clock.now())).open;
    }
    std::vector<DrillRecord> drills() { return run_on(loop, store.drills("shop", "nightly", 10)); }
    std::vector<Backup> failed_takes() {
        return run_on(loop, store.failed_takes("shop", "nightly"));
    }
    static const Finding* finding(const World& world, const std::string& check) {
        const auto found = world.findings().find({"shop", "nightly", check});
        return found == world.findings().end() ? nullptr : &found->second.finding;
    }
    /// Runs one stream's work once.
    Stream stream(const std::shared_ptr<World>& world, const std::string& kind) {
        for (Stream& candidate : streams_of(world, *scope)) {
            if (candidate.key.kind == kind && candidate.key.set == "nightly") return candidate;
        }
        throw std::logic_error("no such stream");
    }

    TemporaryFolder folder;
    asio::io_context loop{1};
    FakeClock clock{loop, noon};
    RefusingStore store;
    Pool pool{1};
    AlertSettings alerts;
    FakeNetwork web;
    std::vector<std::string> failures;  ///< of what ran by itself
    std::vector<std::shared_ptr<World>> worlds;
    std::unique_ptr<Scope> scope = make_scope();

  private:
    std::unique_ptr<Scope> make_scope() {
        return std::make_unique<Scope>(
            loop.get_executor(),
            [this](const std::string&, const std::string& what) { failures.push_back(what); }
        );
    }
};

}  // namespace backupwatch
