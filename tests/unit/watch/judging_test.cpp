// What a look makes of what is known: with a state that refuses, over a reload, over a restart.
#include "async/pool.hpp"
#include "core/failure.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/fake_network.hpp"
#include "fakes/forwarding_store.hpp"
#include "support/loop.hpp"
#include "support/temporary_folder.hpp"
#include "watch/look_and_commit.hpp"
#include "watch/work.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <future>
#include <new>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

const Instant start = parse_rfc3339("2026-11-22T12:00:00Z").value();
constexpr Duration day = 24h;

/// A state that can be taken away while it is used.
class FragileStore final : public ForwardingStore {
  public:
    using ForwardingStore::ForwardingStore;
    bool is_gone = false;
    bool has_no_memory = false;  ///< for past drills

    Task<std::vector<DrillRecord>> drills(std::string database, std::string set, int limit)
        override {
        if (has_no_memory) throw std::bad_alloc();
        return ForwardingStore::drills(std::move(database), std::move(set), limit);
    }

  private:
    void touch() override {
        if (is_gone) throw Failure(Failure::Kind::missing, "state.db was removed");
    }
};

/// A folder of dumps that lists what the test put there.
class Listed final : public Source {
  public:
    std::vector<Backup>& backups;
    bool& is_unreadable;

    Listed(std::vector<Backup>& there, bool& unreadable)
        : backups(there), is_unreadable(unreadable) {}

    Task<Inventory> list() override {
        if (is_unreadable) throw Failure(Failure::Kind::denied, "permission denied");
        co_return Inventory{backups, backups.empty() ? start : instant_of(backups.back())};
    }
    bool can_take() const override { return false; }
    Task<Backup> take(TakeRequest, ProgressSink) override { co_return Backup(); }
    Task<> remove(std::vector<std::string>) override { co_return; }
    Task<> clean_up() override { co_return; }
    Task<Manifest> manifest(const std::string&) override { co_return Manifest(); }
    Task<> fetch(const std::string&, const Sandbox&, ProgressSink) override { co_return; }
    Task<Restored> restore(const Manifest&, const Sandbox&, OnLoaded, ProgressSink) override {
        co_return Restored();
    }
};

/// The daemon's world of one set, from its configuration on; the source alone is a fake.
class Judging : public testing::Test {
  protected:
    Judging() : file(run_on(loop, Store::open(folder / "state", start, Store::Thread::callers))) {
        store.emplace(*file);
        backups.push_back(completed(start - 1h));
        boot();
    }

    static Backup completed(Instant finished) {
        Backup backup;
        backup.id = to_rfc3339(finished);
        backup.status = BackupStatus::completed;
        backup.started_at = finished - 1min;
        backup.finished_at = finished;
        backup.size_bytes = 1000;
        return backup;
    }

    std::shared_ptr<World> make(
        const World* before, int drills, const std::string& name = "nightly"
    ) {
        const auto config = folder / "config.yaml";
        std::ofstream(config) << "state_dir: " << (folder / "state").string() << "\n"
                              << "work_dir: " << (folder / "work").string() << "\n"
                              << "concurrency: {drills: " << drills << "}\n"
                              << "databases:\n- name: shop\n  url: postgres://localhost/shop\n"
                              << "  backups:\n  - name: " << name
                              << "\n    source: dump\n    directory: "
                              << (folder / "dumps").string() << "\n    take: '03:00'\n"
                              << "    poll: 15m\n    drill: {when: after_backup}\n";
        auto loaded = load_settings(config);
        auto made = std::make_shared<World>(
            std::move(std::get<Settings>(loaded)), clock, *store, pool, web, before
        );
        made->databases[0].sets[0]->source = std::make_unique<Listed>(backups, is_unreadable);
        return made;
    }
    void boot() {
        world.reset();
        world = make(nullptr, 1);
        run_on(loop, world->recall());
    }
    void reload(int drills = 1) {
        world = make(world.get(), drills);
        run_on(loop, world->recall());
    }

    WatchedSet& set() { return *world->databases[0].sets[0]; }
    std::vector<Finding> look() { return run_on(loop, backupwatch::look(*world, set())); }
    void drilled(DrillOutcome::Result result, bool by_hand) {
        drilled(backups.back(), result, by_hand);
    }
    void drilled(const Backup& backup, DrillOutcome::Result result, bool by_hand) {
        Outcome outcome;
        DrillRecord& drill = outcome.drill.emplace();
        drill.database = "shop";
        drill.set = "nightly";
        drill.by_hand = by_hand;
        drill.document = "{}";
        drill.outcome.backup_id = backup.id;
        drill.outcome.backup_at = instant_of(backup);
        drill.outcome.result = result;
        drill.outcome.finished_at = clock.now();
        drill.outcome.error = "rows missing";
        run_on(loop, look_and_commit(*world, set(), std::move(outcome)));
    }
    /// As it stands in memory; none: silent.
    std::optional<Finding> stands(const std::string& database, const std::string& check) const {
        for (const auto& [key, recorded] : world->findings()) {
            const Finding& finding = recorded.finding;
            if (finding.database == database && finding.check == check) return finding;
        }
        return std::nullopt;
    }
    Severity severity(const std::string& check) const { return stands("shop", check)->severity; }
    void is_unreadable_for(Duration duration) {
        is_unreadable = true;
        for (Duration passed{}; passed < duration; passed += 15min) {
            look();
            clock.advance(15min);
        }
    }

    TemporaryFolder folder;
    asio::io_context loop{1};
    FakeClock clock{loop, start};
    Pool pool{1};
    FakeNetwork web;
    std::unique_ptr<Store> file;
    std::optional<FragileStore> store;
    std::vector<Backup> backups;
    bool is_unreadable = false;
    std::shared_ptr<World> world;
};

TEST_F(Judging, tells_of_a_lost_state_at_once_and_until_it_works_again) {
    look();
    ASSERT_EQ(severity("backup"), Severity::ok);
    store->is_gone = true;

    look();

    const auto state = stands("backupwatch", "state");
    ASSERT_TRUE(state);
    EXPECT_EQ(state->severity, Severity::critical);
    EXPECT_EQ(state->failures, 1);
    EXPECT_NE(state->summary.find("state.db was removed"), std::string::npos) << state->summary;
    EXPECT_FALSE(world->store_error.empty());
    EXPECT_EQ(worst_of(world->told()), Severity::critical);

    store->is_gone = false;
    look();
    EXPECT_EQ(stands("backupwatch", "state")->severity, Severity::ok);
    EXPECT_TRUE(world->store_error.empty());
}

TEST_F(Judging, goes_on_without_the_state) {
    look();
    store->is_gone = true;
    clock.advance(2 * day);

    const auto findings = look();

    EXPECT_EQ(severity("backup"), Severity::critical) << "late, and told from memory";
    ASSERT_FALSE(findings.empty());
    EXPECT_EQ(findings.front().since, clock.now());

    const Backup lost = backups.back();
    backups.push_back(completed(clock.now()));
    std::erase_if(backups, [&](const Backup& backup) { return backup.id == lost.id; });
    look();
    EXPECT_EQ(severity("backup"), Severity::ok);
    EXPECT_EQ(severity("retention"), Severity::warning) << "what was seen before is missed";
}

TEST_F(Judging, tells_a_backup_that_was_seen_whole_and_is_damaged_now) {
    const Instant middle = start - 13h;
    backups = {completed(start - 25h), completed(middle), completed(start - 1h)};
    look();
    ASSERT_EQ(severity("retention"), Severity::ok);

    backups[1].status = BackupStatus::failed;
    backups[1].finished_at.reset();
    backups[1].error = "archive/1.dat is cut short";
    look();
    EXPECT_EQ(severity("backup"), Severity::ok) << "a newer one is whole";
    EXPECT_EQ(severity("retention"), Severity::warning);
    EXPECT_NE(
        stands("shop", "retention")
            ->summary.find(
                "1 backup damaged since completed: " + backups[1].id + " (" + in_words(middle) +
                ", 1.00 kB: archive/1.dat is cut short)"
            ),
        std::string::npos
    ) << stands("shop", "retention")->summary;

    boot();
    look();
    EXPECT_EQ(severity("retention"), Severity::warning) << "after a restart too";

    backups[1] = completed(middle);
    look();
    EXPECT_EQ(severity("retention"), Severity::ok) << "it was mended";
}

TEST_F(Judging, asks_no_more_of_a_damaged_backup_than_it_is_owed) {
    backups = {completed(start - 8 * day), completed(start - 1h)};
    look();
    backups[0].status = BackupStatus::failed;
    look();
    EXPECT_EQ(severity("retention"), Severity::ok) << stands("shop", "retention")->summary;
}

TEST_F(Judging, refuses_to_forget_work_that_the_state_does_not_take) {
    look();
    store->is_gone = true;

    EXPECT_THROW(drilled(DrillOutcome::Result::passed, false), Failure);

    EXPECT_EQ(severity("restore"), Severity::ok) << "held here all the same";
}

TEST_F(Judging, returns_findings_with_their_since) {
    backups.clear();
    look();
    clock.advance(3 * day);
    const Instant first = clock.now();
    look();
    clock.advance(1h);

    for (const Finding& finding : look()) {
        if (finding.check == "backup") {
            EXPECT_EQ(finding.since, first);
        }
    }
    const auto ours = run_on(loop, watch_ourselves(*world));
    EXPECT_EQ(ours.size(), 3u);
}

TEST_F(Judging, opens_and_counts_nothing_for_a_drill_by_hand_that_fails) {
    drilled(DrillOutcome::Result::passed, false);
    clock.advance(1h);
    drilled(DrillOutcome::Result::failed, true);

    EXPECT_EQ(severity("restore"), Severity::ok);
    EXPECT_EQ(set().last_drill->outcome.result, DrillOutcome::Result::failed) << "shown";

    boot();
    look();
    EXPECT_EQ(severity("restore"), Severity::ok) << "nor after a restart";
    EXPECT_EQ(set().last_drill->outcome.result, DrillOutcome::Result::failed);
}

TEST_F(Judging, ends_an_incident_with_a_drill_by_hand_that_passes) {
    drilled(DrillOutcome::Result::failed, false);
    drilled(DrillOutcome::Result::failed, true);
    clock.advance(day);
    backups.push_back(completed(clock.now()));
    drilled(DrillOutcome::Result::failed, false);
    EXPECT_EQ(severity("restore"), Severity::critical);
    EXPECT_EQ(stands("shop", "restore")->failures, 2);

    boot();
    look();
    EXPECT_EQ(stands("shop", "restore")->failures, 2);

    drilled(DrillOutcome::Result::passed, true);
    EXPECT_EQ(severity("restore"), Severity::ok);
}

TEST_F(Judging, lets_no_pass_of_an_older_backup_speak_for_the_newest) {
    const Backup older = backups.front();
    clock.advance(day);
    backups.push_back(completed(clock.now()));
    drilled(DrillOutcome::Result::failed, false);
    drilled(older, DrillOutcome::Result::passed, true);

    EXPECT_EQ(severity("restore"), Severity::critical);
    EXPECT_EQ(set().last_drill->outcome.backup_id, older.id) << "shown";
    EXPECT_EQ(set().last_passed->outcome.backup_id, older.id) << "the only one proven is kept";

    boot();
    look();
    EXPECT_EQ(severity("restore"), Severity::critical) << "nor after a restart";

    drilled(DrillOutcome::Result::passed, true);
    EXPECT_EQ(severity("restore"), Severity::ok);
    EXPECT_EQ(set().last_passed->outcome.backup_id, backups.back().id);
}

TEST_F(Judging, takes_a_pass_of_the_newest_backup_once_the_one_that_failed_is_gone) {
    clock.advance(day);
    backups.push_back(completed(clock.now()));
    drilled(DrillOutcome::Result::failed, false);
    const Backup bad = backups.back();
    backups.pop_back();
    look();
    ASSERT_EQ(severity("restore"), Severity::critical) << "nothing has passed since";

    drilled(DrillOutcome::Result::passed, true);
    EXPECT_EQ(severity("restore"), Severity::ok);
    boot();
    look();
    EXPECT_EQ(severity("restore"), Severity::ok) << "after a restart too";

    backups.push_back(bad);
    look();
    EXPECT_EQ(severity("restore"), Severity::critical) << "it is back";
    backups.pop_back();
    drilled(DrillOutcome::Result::failed, false);
    EXPECT_EQ(severity("restore"), Severity::critical) << "what passed has failed since";
}

TEST_F(Judging, counts_max_age_from_a_pass_of_what_is_the_newest_now) {
    clock.advance(day);
    backups.push_back(completed(clock.now()));
    drilled(DrillOutcome::Result::passed, false);
    backups.pop_back();
    clock.advance(day);
    drilled(DrillOutcome::Result::passed, true);
    clock.advance(3h);
    look();
    EXPECT_EQ(severity("restore"), Severity::ok);
}

TEST_F(Judging, lets_no_pass_of_an_older_backup_begin_its_max_age_anew) {
    const Backup older = backups.front();
    clock.advance(day);
    backups.push_back(completed(clock.now()));
    drilled(DrillOutcome::Result::passed, false);
    const Instant proven = clock.now();
    clock.advance(day);
    drilled(older, DrillOutcome::Result::passed, true);

    EXPECT_EQ(set().last_passed->outcome.backup_id, backups.back().id) << "what retention keeps";
    EXPECT_EQ(set().last_passed->outcome.finished_at, proven);
    boot();
    look();
    EXPECT_EQ(set().last_passed->outcome.finished_at, proven) << "nor after a restart";
    clock.advance(3h);
    look();
    EXPECT_EQ(severity("restore"), Severity::warning);
}

TEST_F(Judging, names_a_folder_of_ours_that_cannot_be_looked_at) {
    std::filesystem::create_symlink(folder / "dumps", folder / "dumps");
    run_on(loop, watch_ourselves(*world));

    const auto disk = stands("backupwatch", "disk");
    EXPECT_EQ(disk->severity, Severity::unknown);
    EXPECT_NE(disk->summary.find((folder / "dumps").string()), std::string::npos) << disk->summary;

    std::filesystem::remove(folder / "dumps");
    run_on(loop, watch_ourselves(*world));
    EXPECT_NE(stands("backupwatch", "disk")->severity, Severity::unknown) << "there is none yet";
}

TEST_F(Judging, measures_each_volume_once_and_by_itself) {
    auto& other = world->databases[0].sets.emplace_back(std::make_unique<WatchedSet>());
    other->settings.directory = folder / "loop";
    run_on(loop, watch_ourselves(*world));
    ASSERT_EQ(world->volume_samples.size(), 1u) << "state, drills and dumps";

    std::filesystem::create_symlink(folder / "loop", folder / "loop");
    std::promise<void> mounted_again;
    std::function<void()> hang = [wait = mounted_again.get_future().share()] { wait.wait(); };
    const std::string dumps = (folder / "dumps").string();
    auto hanging = world->hanging_calls.run("measuring the volume of " + dumps, 1ms, hang);
    EXPECT_THROW(run_on(loop, std::move(hanging)), Failure);
    run_on(loop, watch_ourselves(*world));

    const auto disk = stands("backupwatch", "disk");
    EXPECT_EQ(disk->severity, Severity::unknown);
    for (const auto& told : {dumps, (folder / "loop").string()}) {
        EXPECT_NE(disk->summary.find(told + ": cannot tell"), std::string::npos) << disk->summary;
    }
    EXPECT_EQ(world->volume_samples.at((folder / "state").string()).size(), 2u) << "told on";
    mounted_again.set_value();
}

TEST_F(Judging, remembers_over_reload_and_restart_how_long_a_source_is_unreadable) {
    is_unreadable_for(2 * day);
    ASSERT_EQ(severity("source"), Severity::unknown);
    const auto before = stands("shop", "source");

    reload();
    look();
    EXPECT_EQ(stands("shop", "source")->since, before->since);
    EXPECT_EQ(stands("shop", "source")->failures, 3);

    boot();
    look();
    EXPECT_EQ(stands("shop", "source")->since, before->since);
    EXPECT_EQ(stands("shop", "source")->failures, 3);
    EXPECT_EQ(severity("source"), Severity::unknown);
}

TEST_F(Judging, counts_no_look_by_hand_as_a_further_try) {
    is_unreadable = true;
    for (int i = 0; i < 5; ++i) look();

    EXPECT_EQ(severity("backup"), Severity::unknown) << "at once";
    EXPECT_EQ(severity("source"), Severity::ok);
    EXPECT_EQ(set().health.tries, 1);
}

TEST_F(Judging, lets_a_check_fail_on_while_its_source_cannot_be_read) {
    drilled(DrillOutcome::Result::failed, false);
    const auto since = stands("shop", "restore")->since;
    is_unreadable_for(1h);
    EXPECT_FALSE(stands("shop", "restore"));

    is_unreadable = false;
    look();
    EXPECT_EQ(stands("shop", "restore")->since, since);

    is_unreadable_for(1h);
    boot();
    is_unreadable = false;
    look();
    EXPECT_EQ(stands("shop", "restore")->since, since) << "over a restart";
}

TEST_F(Judging, shares_what_is_busy_and_known_with_the_world_after_a_reload) {
    look();
    auto old = world;
    auto place = run_on(loop, old->drills.acquire());
    WatchedSet& old_set = set();
    old_set.running = "drill";

    reload();
    EXPECT_EQ(set().running, "drill");
    bool began = false;
    asio::co_spawn(loop, world->drills.acquire(), [&](std::exception_ptr, Semaphore::Place) {
        began = true;
    });
    clock.settle();
    EXPECT_FALSE(began) << "one drill at a time, whichever configuration began it";
    reload(2);
    clock.settle();
    EXPECT_TRUE(began) << "the new limit counts for those who wait already";

    Outcome outcome;
    DrillRecord& drill = outcome.drill.emplace();
    drill.outcome = {"x", DrillOutcome::Result::failed, clock.now(), 1, "rows missing"};
    drill.database = "shop";
    drill.set = "nightly";
    run_on(loop, look_and_commit(*old, old_set, std::move(outcome)));
    EXPECT_EQ(severity("restore"), Severity::critical) << "work under the old world is known here";
}

TEST_F(Judging, goes_on_as_before_where_a_reload_breaks_off) {
    look();
    auto next = make(world.get(), 2, "weekly");
    EXPECT_FALSE(world->is_replaced()) << "before it has recalled";
    store->has_no_memory = true;
    EXPECT_THROW(run_on(loop, next->recall()), std::bad_alloc);
    next.reset();

    EXPECT_FALSE(world->is_replaced());
    EXPECT_TRUE(stands("shop", "backup")) << "its set is watched";
    const auto place = run_on(loop, world->drills.acquire());
    EXPECT_FALSE(world->drills.try_acquire()) << "its limits hold";
    clock.advance(3 * day);
    look();
    EXPECT_EQ(severity("backup"), Severity::critical) << "what it finds is told";

    store->has_no_memory = false;
    const auto old = world;
    world = make(old.get(), 2, "weekly");
    run_on(loop, world->recall());
    EXPECT_TRUE(old->is_replaced());
    EXPECT_FALSE(world->is_replaced());
    EXPECT_FALSE(stands("shop", "backup")) << "nobody watches it any more";
    EXPECT_TRUE(world->drills.try_acquire());
}

TEST_F(Judging, holds_lateness_after_a_jump_of_the_clock_and_says_so) {
    run_on(loop, watch_ourselves(*world));
    look();
    clock.set(start + 10 * day);

    look();
    run_on(loop, watch_ourselves(*world));

    EXPECT_EQ(severity("backup"), Severity::unknown);
    EXPECT_EQ(stands("shop", "backup")->failures, 0);
    EXPECT_EQ(stands("backupwatch", "clock")->severity, Severity::warning);

    clock.advance(10min);
    backups.push_back(completed(clock.now()));
    look();
    EXPECT_EQ(severity("backup"), Severity::ok) << "of an age that can be told";
}

TEST_F(Judging, holds_lateness_after_a_boot_until_the_clock_is_synchronised_again) {
    run_on(loop, watch_ourselves(*world));
    clock.synchronised = false;
    boot();
    look();
    EXPECT_EQ(severity("backup"), Severity::unknown);

    clock.advance(1h);
    look();
    EXPECT_EQ(severity("backup"), Severity::ok) << "not for ever";
}

TEST_F(Judging, corrects_a_first_sight_of_a_clock_that_was_ahead) {
    run_on(loop, file->first_sight("shop", "nightly", start + 3650 * day));
    backups.clear();
    look();
    run_on(loop, watch_ourselves(*world));

    EXPECT_EQ(set().watched_since, start);
    EXPECT_EQ(stands("backupwatch", "clock")->severity, Severity::warning);
    EXPECT_EQ(stands("shop", "backup")->summary.find("2036"), std::string::npos);

    clock.advance(3 * day);
    look();
    EXPECT_EQ(severity("backup"), Severity::critical);
}

TEST_F(Judging, keeps_samples_of_our_own_volumes) {
    for (int i = 0; i < 3; ++i) {
        run_on(loop, watch_ourselves(*world));
        clock.advance(5min);
    }
    ASSERT_FALSE(world->volume_samples.empty());
    EXPECT_EQ(world->volume_samples.begin()->second.size(), 3u);

    reload();
    EXPECT_EQ(world->volume_samples.begin()->second.size(), 3u);
}

TEST_F(Judging, calls_nothing_proven_after_a_damaged_state) {
    world.reset();
    store.reset();
    file.reset();
    std::ofstream(folder / "state" / "state.db", std::ios::trunc) << "this is no database";
    file = run_on(loop, Store::open(folder / "state", start, Store::Thread::callers));
    store.emplace(*file);
    boot();

    look();
    EXPECT_EQ(severity("restore"), Severity::warning);

    drilled(DrillOutcome::Result::passed, false);
    EXPECT_EQ(severity("restore"), Severity::ok);
}

}  // namespace
}  // namespace backupwatch
