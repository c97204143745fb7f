// Nothing that it starts outlives its drill, or ends what is not its own.
#include "hostile_dump_fixture.hpp"
#include "process/descriptor.hpp"
#include "process/fence.hpp"
#include "process/process_table.hpp"
#include "support/fence_needs.hpp"

#include <fcntl.h>

#include <atomic>

namespace backupwatch {
namespace {

/// A file in the data folder of the drill that runs.
std::optional<Descriptor> opened_in(const fs::path& work, const std::string& name) {
    std::error_code changing;
    for (const auto& entry : fs::directory_iterator(work, changing)) {
        Descriptor file(::open((entry.path() / "data" / name).c_str(), O_RDONLY | O_CLOEXEC));
        if (file) return file;
    }
    return {};
}

/// Also of one that was removed.
long size_of(const Descriptor& file) {
    struct stat status {};
    EXPECT_EQ(::fstat(file.get(), &status), 0);
    return status.st_size;
}

int running_with(const std::string& words) {
    int count = 0;
    for (const pid_t pid : all_processes()) {
        std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline");
        // Not by an iterator: it throws where the process has just gone.
        std::string line;
        std::getline(file, line);
        count += line.find(words) != line.npos;
    }
    return count;
}

TEST_F(HostileDump, that_runs_for_ever_is_ended_with_what_left_its_group_and_folder) {
    if (!fence_abilities().keeper) GTEST_SKIP() << no_keeper;
    const std::string stray = "98765." + std::to_string(::getpid());
    prepare(
        "COPY (SELECT 1) TO PROGRAM 'cd / && setsid sleep " + stray +
        " > /dev/null 2>&1 &'; PERFORM pg_sleep(1000);"
    );
    DrillJob job;
    job.settings.timeout = 30s;
    std::atomic<bool> has_ended = false;
    int strays = 0;
    std::thread watcher([&] {
        while (!has_ended && strays == 0) {
            std::this_thread::sleep_for(10ms);
            strays = running_with(stray);
        }
    });

    const DrillReport report = drill(std::move(job));

    has_ended = true;
    watcher.join();
    EXPECT_GT(strays, 0) << "nothing was started";
    EXPECT_EQ(running_with(stray), 0);
    EXPECT_EQ(report.result, DrillOutcome::Result::failed);
    ASSERT_EQ(report.verification.errors.size(), 1u);
    EXPECT_EQ(report.verification.errors[0], "no end of the drill within 30s");
    expect_unharmed(work_);
}

/// Processes that are never there for long: each starts the next and ends. They write a letter each
/// time into a file of the drill, and give up after a while.
constexpr const char* comets = R"(
    COPY (SELECT 1) TO PROGRAM $p$cat > /dev/null; exec 9>> beat; cd /; setsid sh -c '
left=200000
next() { printf . >&9; left=$((left - 1)); [ $left -gt 0 ] && next & exit; }
(next) & (next) & (next) &
' > /dev/null 2>&1 & $p$;
    PERFORM pg_sleep(1000);
)";

TEST_F(HostileDump, that_forks_away_for_ever_is_caught_up_with) {
    if (!fence_abilities().keeper) GTEST_SKIP() << no_keeper;
    prepare(comets);
    DrillJob job;
    job.settings.timeout = 15s;
    std::optional<Descriptor> beat;
    std::thread watcher([&] {
        for (int tries = 0; tries < 1500 && !beat; ++tries) {
            std::this_thread::sleep_for(10ms);
            beat = opened_in(work_, "beat");
        }
    });

    const DrillReport report = drill(std::move(job));

    watcher.join();
    ASSERT_TRUE(beat) << "nothing was started";
    const auto letters = size_of(*beat);
    std::this_thread::sleep_for(300ms);
    EXPECT_EQ(size_of(*beat), letters) << "it goes on";
    EXPECT_GT(letters, 1000) << "too slow to show anything";
    EXPECT_LT(letters, 600'000) << "they had given up before";
    EXPECT_EQ(report.result, DrillOutcome::Result::failed);
    for (const auto& skipped : report.verification.skipped) {
        const bool is_usual = skipped.what == "rows of the source" || skipped.what == "sandbox";
        EXPECT_TRUE(is_usual) << skipped.what << ": " << skipped.why;
    }
    expect_unharmed(work_);
}

TEST_F(HostileDump, that_ends_its_server_and_stays_is_ended) {
    if (!fence_abilities().keeper) GTEST_SKIP() << no_keeper;
    const std::string stray = "98764." + std::to_string(::getpid());
    prepare(
        "COPY (SELECT 1) TO PROGRAM 'read server < postmaster.pid; cd /; setsid sh -c \"sleep 1; "
        "kill -9 $server; exec sleep " +
        stray + "\" > /dev/null 2>&1 &'; PERFORM pg_sleep(1000);"
    );

    const DrillReport report = drill();

    EXPECT_EQ(running_with(stray), 0);
    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    ASSERT_EQ(report.verification.errors.size(), 1u);
    EXPECT_NE(report.verification.errors[0].find("the throw-away server ended"), std::string::npos)
        << report.verification.errors[0];
    expect_unharmed(work_);
}

TEST_F(HostileDump, that_kills_all_it_can_ends_its_own_server_alone) {
    // It would be this test and whoever started it, or, as root, the source, which is nobody's too.
    if (fence_abilities().landlock < 6) GTEST_SKIP() << no_scopes;
    prepare("COPY (SELECT 1) TO PROGRAM 'kill -9 -1';");

    const DrillReport report = drill();

    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    ASSERT_EQ(report.verification.errors.size(), 1u);
    EXPECT_NE(report.verification.errors[0].find("the throw-away server ended"), std::string::npos)
        << report.verification.errors[0];
    expect_unharmed(work_);
}

}  // namespace
}  // namespace backupwatch
