#include "watch/restore_backup.hpp"

#include "unit/watch/fixture.hpp"

#include <filesystem>

namespace backupwatch {
namespace {

/// One that ends where the manifest is read.
class EmergencyRestore : public Watch {
  protected:
    /// Begins it, and lets it go on by itself.
    void restore(World& world, WatchedSet& set) {
        PlannedRestore plan;
        plan.job.backup.database = "shop";
        plan.job.backup.set = "nightly";
        plan.job.backup.source = set.source.get();
        plan.job.backup.backup = source_of(set).backups.front();
        plan.job.backup.settings.timeout = 24h;
        plan.job.url = Secret("host=/nowhere user=restorer dbname=shop_restored");
        begin(record(world, set, std::move(plan)));
    }

    std::vector<std::string> phases;
    std::optional<Failure> failed;

  private:
    Task<> record(World& world, WatchedSet& set, PlannedRestore plan) {
        ProgressSink progress = [this](const Progress& now) { phases.push_back(now.phase); };
        try {
            co_await restore_backup(world, set, std::move(plan), 0, std::move(progress));
        } catch (const Failure& failure) {
            failed = failure;
        }
    }
};

TEST_F(EmergencyRestore, waits_for_no_drill_of_this_process_or_another) {
    auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world, "nightly", 1h);
    const auto read = [&] { return source_of(set).drilled.size(); };
    {
        const auto another_process = FileLock::try_acquire(folder / "locks/shop/nightly.lock");
        restore(*world, set);
        EXPECT_EQ(read(), 1u) << "its manifest is read";
        clock.advance(2h);
    }
    begin_look(*world, set);
    ASSERT_EQ(set.running, "drill");
    ASSERT_EQ(read(), 2u);

    restore(*world, set);

    EXPECT_EQ(read(), 3u);
    EXPECT_EQ(set.running, "drill");
    EXPECT_EQ(running_now(set), (std::vector<std::string>{"restore", "drill"}));
    EXPECT_EQ(phases, (std::vector<std::string>{"fetch", "fetch"}));
}

TEST_F(EmergencyRestore, keeps_a_drill_from_beginning_beside_it) {
    auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world, "nightly", 1h);

    restore(*world, set);
    begin_look(*world, set);

    EXPECT_EQ(set.running, "restore");
    EXPECT_EQ(running_now(set), std::vector<std::string>{"restore"});
    EXPECT_EQ(source_of(set).drilled.size(), 1u);
    EXPECT_TRUE(FileLock::is_held(folder / "locks/shop/nightly.restore"));
}

TEST_F(EmergencyRestore, waits_for_another_one_of_the_set_as_long_as_it_takes_and_says_so) {
    auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    auto another_process = FileLock::try_acquire(folder / "locks/shop/nightly.restore");

    restore(*world, set);
    clock.advance(set.settings.grace + 5min);

    EXPECT_FALSE(failed);
    EXPECT_EQ(source_of(set).drilled, std::vector<std::string>());
    EXPECT_EQ(phases, std::vector<std::string>{"waits for another restore of shop/nightly"});
    another_process.reset();
    clock.advance(1min);
    EXPECT_EQ(source_of(set).drilled.size(), 1u);
}

TEST_F(EmergencyRestore, that_cannot_hold_its_backup_says_that_nothing_was_begun) {
    auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    std::filesystem::create_directories(folder / "locks/shop/nightly.restore");

    restore(*world, set);
    clock.advance(1min);

    ASSERT_TRUE(failed);
    EXPECT_NE(failed->hint().find("No database was made or changed"), std::string::npos)
        << failed->hint();
    EXPECT_EQ(source_of(set).drilled.size(), 0u);
}

}  // namespace
}  // namespace backupwatch
