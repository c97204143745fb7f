#include "async/clock.hpp"
#include "async/hanging_calls.hpp"
#include "async/pool.hpp"
#include "async/with_timeout.hpp"
#include "core/failure.hpp"
#include "sample_dump.hpp"
#include "sources/dump/dump_source.hpp"
#include "support/loop.hpp"
#include "support/temporary_folder.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

/// A file that nobody can open while somebody has a lease on it: as on a mount that hangs.
class HangingMount : public testing::Test {
  protected:
    HangingMount() {
        const SampleDump dump(directory_.path());
        manifest_ = dump.folder / "manifest.json";
        // The kernel asks for it back by a signal, which would end us.
        ::signal(SIGIO, SIG_IGN);
        lease_ = ::open(manifest_.c_str(), O_WRONLY | O_CLOEXEC);
        EXPECT_EQ(::fcntl(lease_, F_SETLEASE, F_WRLCK), 0);
        DumpPlan plan;
        plan.database = "shop";
        plan.directory = directory_.path();
        source_ = make_dump_source(std::move(plan), *clock_, pool_, calls_);
    }

    ~HangingMount() override { ::close(lease_); }

    Failure::Kind list() {
        try {
            run_on(loop_, with_timeout(source_->list(), 50ms, "listing"));
        } catch (const Failure& failure) {
            return failure.kind();
        }
        return Failure::Kind::internal;
    }

    TemporaryFolder directory_;
    std::filesystem::path manifest_;
    int lease_ = -1;
    asio::io_context loop_{1};
    std::unique_ptr<Clock> clock_ = make_clock(loop_.get_executor());
    Pool pool_{1};
    HangingCalls calls_;
    std::unique_ptr<Source> source_;
};

TEST_F(HangingMount, ends_a_look_in_time_and_takes_no_thread_of_the_pool) {
    EXPECT_EQ(list(), Failure::Kind::timeout);
    EXPECT_EQ(list(), Failure::Kind::timeout);
    auto work = pool_.run([] { return 1; });
    EXPECT_EQ(run_on(loop_, with_timeout(std::move(work), 10s, "work of another set")), 1);

    // It outlives the source that began it.
    source_.reset();
    EXPECT_EQ(::fcntl(lease_, F_SETLEASE, F_UNLCK), 0);
    // It comes back: then there is room for a call of its name.
    const std::string name = "listing the dumps in " + directory_.path().string();
    run_on(loop_, calls_.run(name, 10s, [] {}));
}

}  // namespace
}  // namespace backupwatch
