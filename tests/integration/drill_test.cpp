#include "drill/drill.hpp"

#include "async/hanging_calls.hpp"
#include "dump_fixture.hpp"
#include "postgres/postmaster_file.hpp"
#include "support/small_disk.hpp"

#include <sys/resource.h>

#include <csignal>
#include <fstream>

namespace backupwatch {
namespace {

/// A backup of a database with nothing in it. What a test is about it puts into `fetching` or
/// `restoring`.
class EmptyBackup final : public Source {
  public:
    std::function<Task<>()> fetching = []() -> Task<> { co_return; };
    std::function<Task<>()> restoring = []() -> Task<> { co_return; };

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
        co_await restoring();
        co_return Restored{};
    }
};

using Names = std::vector<std::string>;

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
        return incomplete_templates(work) == Names() && processes_in(work).empty();
    }

    static Names incomplete_templates(const fs::path& work) {
        Names found;
        std::error_code absent;
        for (const auto& entry : fs::directory_iterator(work / "templates", absent)) {
            const std::string suffix = entry.path().extension();
            if (suffix == ".initdb" || suffix == ".partial") found.push_back(entry.path());
        }
        return found;
    }

    /// As where its folder is a file, before there is one.
    void let_no_cluster_start() {
        fs::create_directory(work_);
        fs::permissions(work_, fs::perms(0711));
        std::ofstream(work_ / "templates") << "no folder";
    }

    /// The process below the work folder whose command line has these words, once it is there.
    Task<pid_t> process_with(const char* words) {
        while (true) {
            for (const pid_t pid : processes_in(work_)) {
                std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline");
                std::string line;
                std::getline(file, line);
                if (line.find(words) != line.npos) co_return pid;
            }
            co_await sleep_for(5ms);
        }
    }

    /// Kills a process of the throw-away server once that is ready, which then ends.
    Task<> crash_the_server() {
        const pid_t checkpointer = co_await process_with("checkpointer");
        const auto data = fs::read_symlink("/proc/" + std::to_string(checkpointer) + "/cwd");
        while (!is_ready(data)) co_await sleep_for(5ms);
        // The drill looks every 2 ms whether it is.
        co_await sleep_for(50ms);
        ::kill(checkpointer, SIGKILL);
    }

    Task<> await_end_of_the_server() {
        while (!processes_in(work_).empty()) co_await sleep_for(5ms);
        co_await sleep_for(50ms);
    }

    static bool is_ready(const fs::path& data) {
        const auto file = read_postmaster_file(data);
        return file && file->is_ready;
    }

    static std::string why_unknown(const DrillReport& report) {
        EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
        EXPECT_EQ(report.verification.errors.size(), 1u);
        return report.verification.errors.empty() ? "" : report.verification.errors[0];
    }

    static void expect_last_words(const DrillReport& report) {
        EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
        ASSERT_EQ(report.verification.errors.size(), 1u);
        const std::string& why = report.verification.errors[0];
        EXPECT_NE(why.find("the throw-away server ended"), why.npos) << why;
        EXPECT_NE(why.find("was terminated by signal 9"), why.npos) << why;
        EXPECT_NE(why.find("for want of memory"), why.npos) << why;
        EXPECT_EQ(why.find('\n'), why.npos) << "one line of its log, and not all of it";
    }

    const fs::path work_ = directory_ / "work";
    EmptyBackup backup_;
    Driller driller_{work_, *clock_, pool_};
};

constexpr const char* damaged = "the backup is damaged";

Failure damage() {
    return {Failure::Kind::corrupt, damaged};
}

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

TEST_F(DrillInProcess, that_is_ended_before_it_restores_says_nothing_about_the_backup) {
    backup_.fetching = []() -> Task<> { return sleep_for(60s); };

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
        backup_.restoring = [&limit]() -> Task<> {
            limit.begin();
            throw damage();
            co_return;
        };
        report = drill(patience);
    }

    EXPECT_EQ(report.result, DrillOutcome::Result::failed);
    ASSERT_EQ(report.verification.errors.size(), 1u);
    EXPECT_EQ(report.verification.errors[0], damaged);
    ASSERT_EQ(report.verification.skipped.size(), 1u);
    EXPECT_EQ(report.verification.skipped[0].what, "removing the throw-away cluster");
    HangingCalls calls;
    run_on(loop_, driller_.clean_up(calls));
    EXPECT_TRUE(is_left_clean(work_));
}

TEST_F(DrillInProcess, says_what_of_its_fence_could_not_be_had) {
    const char* const gap = "this kernel has no fence";
    Driller driller(work_, *clock_, pool_, [&] { return Names{gap}; });
    backup_.restoring = []() -> Task<> {
        throw damage();
        co_return;
    };
    DrillJob job = job_of(backup_);
    job.settings.timeout = patience;

    const DrillReport report = run_on(loop_, driller.run(std::move(job), [](const Progress&) {}));

    EXPECT_EQ(report.result, DrillOutcome::Result::failed) << "a gap is no excuse";
    ASSERT_EQ(report.verification.skipped.size(), 1u);
    EXPECT_EQ(report.verification.skipped[0].what, "sandbox");
    EXPECT_EQ(report.verification.skipped[0].why, gap);
}

TEST_F(DrillInProcess, of_a_damaged_backup_fails_also_where_no_server_can_start) {
    let_no_cluster_start();
    backup_.fetching = []() -> Task<> {
        co_await sleep_for(300ms);
        throw damage();
    };

    const DrillReport report = drill(patience);

    EXPECT_EQ(report.result, DrillOutcome::Result::failed);
    EXPECT_EQ(report.verification.errors, Names{damaged});
    EXPECT_EQ(report.phases.back().name, "fetch");
    EXPECT_TRUE(is_left_clean(work_));
}

TEST_F(DrillInProcess, tells_what_kept_its_server_from_starting_as_of_the_start) {
    let_no_cluster_start();
    backup_.fetching = []() -> Task<> { return sleep_for(300ms); };

    const DrillReport report = drill(patience);

    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    ASSERT_EQ(report.verification.errors.size(), 1u);
    const std::string& why = report.verification.errors[0];
    EXPECT_NE(why.find("cannot prepare a throw-away PostgreSQL"), why.npos) << why;
    EXPECT_EQ(report.phases.back().name, "start");
    EXPECT_TRUE(is_left_clean(work_));
}

TEST_F(DrillInProcess, tells_it_also_where_the_fetch_fails_or_is_too_late) {
    let_no_cluster_start();
    backup_.fetching = []() -> Task<> {
        co_await sleep_for(3s);
        throw Failure(Failure::Kind::unreachable, "the copy is on a disk that is away");
    };
    EXPECT_NE(
        why_unknown(drill(patience)).find("cannot prepare a throw-away PostgreSQL"),
        std::string::npos
    );

    backup_.fetching = []() -> Task<> { return sleep_for(patience); };
    const std::string why = why_unknown(drill(8s));
    EXPECT_TRUE(why.starts_with("no end of the drill within 8s; meanwhile: ")) << why;
    EXPECT_NE(why.find("cannot prepare a throw-away PostgreSQL"), why.npos) << why;
}

TEST_F(DrillInProcess, of_a_damaged_backup_ends_the_making_of_its_server) {
    backup_.fetching = [this]() -> Task<> {
        co_await process_with("/initdb");
        throw damage();
    };

    const DrillReport report = drill(patience);

    EXPECT_EQ(report.result, DrillOutcome::Result::failed);
    EXPECT_EQ(report.verification.errors, Names{damaged});
    EXPECT_TRUE(is_left_clean(work_));
}

TEST_F(DrillInProcess, tells_the_last_words_of_a_server_that_dies_during_the_fetch) {
    backup_.fetching = [this]() -> Task<> {
        co_await crash_the_server();
        co_await await_end_of_the_server();
    };
    expect_last_words(drill(patience));
    EXPECT_TRUE(is_left_clean(work_));
}

TEST_F(DrillInProcess, tells_the_last_words_of_a_server_rather_than_that_it_is_gone) {
    backup_.restoring = [this]() -> Task<> {
        co_await crash_the_server();
        throw Failure(Failure::Kind::unreachable, "connection refused");
    };
    expect_last_words(drill(patience));
    EXPECT_TRUE(is_left_clean(work_));
}

/// It sorts on disk.
constexpr const char* big_sort = "SELECT i FROM generate_series(1, 2000000) AS i ORDER BY -i";

TEST_F(DrillInProcess, whose_disk_fills_up_in_the_middle_cannot_tell) {
    const fs::path disk = directory_ / "disk";
    const SmallDisk small(disk, "600m");
    if (!small.is_mounted()) GTEST_SKIP() << "may not mount a small disk here";
    server_.execute("shop", "CREATE TABLE posts AS SELECT generate_series(1, 9) AS id");
    const auto source = make(plan());
    DrillJob job = job_of(*source);
    job.backup = take(*source);
    job.settings.queries.texts = {"SELECT 1", big_sort};
    ProgressSink fill = [&](const Progress& progress) {
        if (progress.phase == "verify") small.fill();
    };

    Driller driller(disk / "work", *clock_, pool_);
    const DrillReport report = run_on(loop_, driller.run(std::move(job), fill));

    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    ASSERT_EQ(report.verification.errors.size(), 1u);
    const std::string& why = report.verification.errors[0];
    // Whichever of us two notices first.
    const bool by_server = why.find("No space left on device") != why.npos;
    const bool by_watch = why.find(" left of 629.1 MB, and a drill leaves ") != why.npos;
    EXPECT_TRUE(by_server || by_watch) << why;
    EXPECT_TRUE(is_left_clean(disk / "work"));
}

}  // namespace
}  // namespace backupwatch
