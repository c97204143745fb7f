#include "drill/drill.hpp"

#include "dump_fixture.hpp"

#include <sys/mount.h>
#include <sys/resource.h>

#include <fstream>

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

    static DrillJob job_of(Source& source) {
        DrillJob job;
        job.database = "shop";
        job.set = "nightly";
        job.source = &source;
        return job;
    }

    DrillReport drill(Duration timeout) {
        DrillJob job = job_of(backup_);
        job.settings.timeout = timeout;
        return run_on(loop_, driller_.run(std::move(job), [](const Progress&) {}));
    }

    static bool is_left_clean(const fs::path& work) {
        for (const auto& entry : fs::directory_iterator(work)) {
            if (entry.path().filename().string().starts_with("drill-")) return false;
        }
        return processes_in(work).empty();
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
    EXPECT_TRUE(is_left_clean(work_));
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
    EXPECT_TRUE(is_left_clean(work_));
}

/// It sorts on disk.
constexpr const char* big_sort = "SELECT i FROM generate_series(1, 2000000) AS i ORDER BY -i";

TEST_F(DrillInProcess, whose_disk_fills_up_in_the_middle_cannot_tell) {
    const fs::path disk = directory_ / "disk";
    fs::create_directory(disk);
    if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=600m,mode=0711") != 0) {
        GTEST_SKIP() << "may not mount a small disk here";
    }
    server_.execute("shop", "CREATE TABLE posts AS SELECT generate_series(1, 9) AS id");
    const auto source = make(plan());
    DrillJob job = job_of(*source);
    job.backup = take(*source);
    job.settings.queries = {"SELECT 1", big_sort};
    ProgressSink fill = [&](const Progress& progress) {
        if (progress.phase != "verify") return;
        const auto left = fs::space(disk).available;
        std::ofstream(disk / "filler", std::ios::app) << std::string(left, 'x');
    };

    Driller driller(disk / "work", *clock_, pool_);
    const DrillReport report = run_on(loop_, driller.run(std::move(job), fill));
    const bool is_clean = is_left_clean(disk / "work");
    ::umount(disk.c_str());

    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    ASSERT_EQ(report.verification.errors.size(), 1u);
    const std::string& why = report.verification.errors[0];
    EXPECT_NE(why.find("No space left on device"), std::string::npos) << why;
    EXPECT_EQ(report.verification.tables.at(0).rows, 9u);
    EXPECT_TRUE(is_clean);
}

}  // namespace
}  // namespace backupwatch
