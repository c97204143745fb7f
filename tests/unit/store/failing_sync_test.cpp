// A sync that fails on a disk that lives on: the state says so, works again at once, and keeps what
// it said it kept, also over a loss of power later.
#include "fakes/lossy_disk.hpp"
#include "fixture.hpp"

#include <set>

namespace backupwatch {
namespace {

const Instant that_night = *parse_rfc3339("2026-11-22T03:00:00Z");

/// A few days of silences, each a transaction, and what the state said of them.
class Recording {
  public:
    explicit Recording(std::uint64_t seed) : disk_(seed) { open(); }

    void record(int count) {
        for (int i = 0; i < count; ++i) {
            Silence silence;
            silence.database = "d" + std::to_string(made_++);
            silence.made_at = that_night;
            silence.until = that_night + 24h;
            // So that the log is taken over into the file now and then.
            silence.reason = std::string(20'000, 'x');
            try {
                run(store_->add_silence(silence));
                kept.insert(silence.database);
            } catch (const Failure& failure) {
                EXPECT_EQ(failure.kind(), Failure::Kind::unreachable) << failure.what();
                refused.insert(silence.database);
            }
        }
    }

    void lose_power() {
        disk_.die_after(0);
        store_.reset();
        disk_.come_back();
        open();
    }

    std::set<std::string> found() {
        std::set<std::string> databases;
        for (const Silence& one : run(store_->silences(that_night))) {
            databases.insert(one.database);
        }
        return databases;
    }

    LossyDisk& disk() { return disk_; }
    std::set<std::string> kept;
    std::set<std::string> refused;

  private:
    void open() {
        store_ = run(Store::open(folder_.path(), that_night, Store::Thread::callers));
        EXPECT_TRUE(store_->damaged_files().empty());
    }

    TemporaryFolder folder_;
    LossyDisk disk_;
    std::unique_ptr<Store> store_;
    int made_ = 0;
};

TEST(FailingSync, wherever_it_is_met_loses_nothing_that_was_called_kept) {
    int refusals = 0;
    for (int syncs = 0; syncs < 25; ++syncs) {
        SCOPED_TRACE(syncs);
        Recording recording(static_cast<std::uint64_t>(syncs));
        recording.disk().fail_sync_after(syncs);
        recording.record(30);
        ASSERT_EQ(recording.disk().failed_syncs(), 1);
        EXPECT_LE(recording.refused.size(), 1U) << "it works again at once";
        EXPECT_EQ(recording.found(), recording.kept) << "what was refused is not half there";
        refusals += static_cast<int>(recording.refused.size());

        recording.lose_power();

        EXPECT_EQ(recording.found(), recording.kept);
    }
    EXPECT_GT(refusals, 15) << "no commit met one";
}

/// Power is lost before anything else was written: what was refused may be there, whole.
TEST(FailingSync, that_is_the_last_before_a_loss_of_power_leaves_all_of_a_commit_or_nothing) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        SCOPED_TRACE(seed);
        Recording recording(seed);
        recording.record(5);
        recording.disk().fail_sync_after(0);
        recording.record(1);
        ASSERT_EQ(recording.refused.size(), 1U);

        recording.lose_power();

        std::set<std::string> found = recording.found();
        for (const std::string& one : recording.refused) found.erase(one);
        EXPECT_EQ(found, recording.kept);
        recording.record(3);
        recording.lose_power();
        for (const std::string& one : recording.kept) {
            EXPECT_TRUE(recording.found().contains(one)) << one;
        }
    }
}

}  // namespace
}  // namespace backupwatch
