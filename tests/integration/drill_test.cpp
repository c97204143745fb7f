#include "drill/drill.hpp"

#include "dump_fixture.hpp"

#include <sys/resource.h>

namespace backupwatch {
namespace {

/// A backup of a database with nothing in it. What a test is about it puts into `fetching` or
/// `restoring`.
class EmptyBackup final : public Source {
  public:
    std::function<Task<>()> fetching = []() -> Task<> { co_return; };
    std::function<void()> restoring = [] {};

    Task<Inventory> list() override { co_return Inventory{}; }
    bool can_take() const override { return false; }
    Task<Backup> take(TakeRequest, ProgressSink) override { co_return Backup{}; }
    Task<> remove(std::vector<std::string>) override { co_return; }
    Task<> clean_up() override { co_return; }
    Task<Manifest> manifest(const std::string&) override {
        Manifest manifest;
        manifest.server_version = manifest.dump_version = 150000;
        co_return manifest;
    }
    Task<> fetch(const std::string&, const Sandbox&, ProgressSink) override { return fetching(); }
    Task<Restored> restore(const Manifest&, const Sandbox&, OnLoaded, ProgressSink) override {
        restoring();
        co_return Restored{};
    }
};

class DrillInProcess : public DumpTest {
  protected:
    DrillInProcess() { ::chmod(directory_.path().c_str(), 0711); }

    DrillReport drill(Duration timeout) {
        DrillJob job;
        job.database = "shop";
        job.set = "nightly";
        job.source = &backup_;
        job.settings.timeout = timeout;
        return run_on(loop_, driller_.run(std::move(job), [](const Progress&) {}));
    }

    bool is_left_clean() const {
        for (const auto& entry : fs::directory_iterator(work_)) {
            if (entry.path().filename().string().starts_with("drill-")) return false;
        }
        return processes_in(work_).empty();
    }

    const fs::path work_ = directory_ / "work";
    EmptyBackup backup_;
    Driller driller_{work_, *clock_, pool_};
};

/// From begin() on nothing can be opened: not even the list of processes.
class NoDescriptors {
  public:
    NoDescriptors() { ::getrlimit(RLIMIT_NOFILE, &usual_); }
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &usual_); }
    void begin() const {
        const rlimit none{3, usual_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &none);
    }

  private:
    rlimit usual_{};
};

Task<> sleep_long() {
    asio::steady_timer timer(co_await asio::this_coro::executor, 60s);
    co_await timer.async_wait(asio::use_awaitable);
}

TEST_F(DrillInProcess, that_is_ended_before_it_restores_says_nothing_about_the_backup) {
    backup_.fetching = sleep_long;

    const DrillReport report = drill(3s);

    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    ASSERT_EQ(report.verification.errors.size(), 1u);
    EXPECT_EQ(report.verification.errors[0], "no end of the drill within 3s");
    EXPECT_EQ(report.phases.back().name, "fetch");
    EXPECT_TRUE(is_left_clean());
}

TEST_F(DrillInProcess, keeps_its_verdict_where_it_cannot_be_cleaned_up_after) {
    DrillReport report;
    {
        const NoDescriptors limit;
        backup_.restoring = [&limit] {
            limit.begin();
            throw Failure(Failure::Kind::corrupt, "the backup is damaged");
        };
        report = drill(patience);
    }

    EXPECT_EQ(report.result, DrillOutcome::Result::failed);
    ASSERT_EQ(report.verification.errors.size(), 1u);
    EXPECT_EQ(report.verification.errors[0], "the backup is damaged");
    ASSERT_EQ(report.verification.skipped.size(), 1u);
    EXPECT_EQ(report.verification.skipped[0].what, "removing the throw-away cluster");
    run_on(loop_, driller_.clean_up());
    EXPECT_TRUE(is_left_clean());
}

}  // namespace
}  // namespace backupwatch
