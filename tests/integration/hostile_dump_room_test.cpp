// What it takes of memory and of the disk is bounded, and others can go on.
#include "hostile_dump_fixture.hpp"
#include "process/fence.hpp"
#include "support/fence_needs.hpp"
#include "support/small_disk.hpp"

#include <sys/statvfs.h>

#include <algorithm>
#include <atomic>

namespace backupwatch {
namespace {

/// What was left of a disk at the least, while somebody filled it.
class LeastFree {
  public:
    explicit LeastFree(fs::path disk) : disk_(std::move(disk)), watcher_([this] { watch(); }) {}
    ~LeastFree() { stop(); }
    LeastFree(const LeastFree&) = delete;
    LeastFree& operator=(const LeastFree&) = delete;

    /// Before it is unmounted.
    void stop() {
        is_over_ = true;
        if (watcher_.joinable()) watcher_.join();
    }
    std::uint64_t bytes() const { return bytes_; }
    std::uint64_t files() const { return files_; }

  private:
    void watch() {
        while (!is_over_) {
            struct statvfs now {};
            if (::statvfs(disk_.c_str(), &now) == 0) {
                bytes_ = std::min<std::uint64_t>(bytes_, now.f_bavail * now.f_frsize);
                files_ = std::min<std::uint64_t>(files_, now.f_favail);
            }
            std::this_thread::sleep_for(5ms);
        }
    }

    fs::path disk_;
    std::atomic<bool> is_over_ = false;
    std::uint64_t bytes_ = UINT64_MAX;
    std::uint64_t files_ = UINT64_MAX;
    std::thread watcher_;
};

TEST_F(HostileDump, that_fills_memory_cannot_be_told_and_says_why) {
    prepare(
        "PERFORM count(a) FROM (SELECT array_agg(repeat('x', 1000)) AS a "
        "FROM generate_series(1, 5000000)) AS big;"
    );
    DrillJob job;
    job.address_space = 1200ull << 20;

    const DrillReport report = drill(std::move(job));

    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    ASSERT_EQ(report.verification.errors.size(), 1u);
    EXPECT_NE(report.verification.errors[0].find("out of memory"), std::string::npos)
        << report.verification.errors[0];
    expect_unharmed(work_);
}

TEST_F(HostileDump, that_fills_the_disk_is_ended_while_others_can_still_write) {
    const fs::path disk = directory_ / "disk";
    const SmallDisk small(disk, "1g");
    if (!small.is_mounted()) GTEST_SKIP() << "may not mount a small disk here";
    prepare(
        "COPY (SELECT 1) TO PROGRAM "
        "'while :; do head -c 8M /dev/zero >> filler; sleep 0.2; done';"
    );

    std::ofstream(disk / "others") << std::string(500 << 20, 'x');
    LeastFree left(disk);

    const DrillReport report = drill(DrillJob(), disk / "work");

    left.stop();
    expect_unharmed(disk / "work");
    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    ASSERT_EQ(report.verification.errors.size(), 1u);
    const std::string& why = report.verification.errors[0];
    EXPECT_NE(why.find("left of 1.07 GB, and a drill leaves 53.6 MB"), why.npos) << why;
    // Of 53.6 MB; the rest was written between two looks.
    EXPECT_GT(left.bytes(), 25'000'000u);
    EXPECT_LT(left.bytes(), 53'700'000u);
}

TEST_F(HostileDump, that_takes_all_inodes_is_ended_while_others_can_still_make_files) {
    const fs::path disk = directory_ / "disk";
    const SmallDisk small(disk, "1g,nr_inodes=40k");
    if (!small.is_mounted()) GTEST_SKIP() << "may not mount a small disk here";
    prepare(
        "COPY (SELECT 1) TO PROGRAM 'mkdir many && cd many && n=1000; while :; do "
        "touch $(seq $n $((n + 999))); n=$((n + 1000)); sleep 0.2; done';"
    );
    LeastFree left(disk);

    const DrillReport report = drill(DrillJob(), disk / "work");

    left.stop();
    expect_unharmed(disk / "work");
    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    ASSERT_EQ(report.verification.errors.size(), 1u);
    const std::string& why = report.verification.errors[0];
    EXPECT_NE(why.find("more files (inodes) of 40960, and a drill leaves that of 2048"), why.npos)
        << why;
    EXPECT_GT(left.files(), 0u);
    EXPECT_LT(left.files(), 2048u);
}

TEST_F(HostileDump, that_takes_the_disk_at_once_cannot) {
    if (!fence_abilities().seccomp) GTEST_SKIP() << no_filter;
    const fs::path disk = directory_ / "disk";
    const SmallDisk small(disk, "1g");
    if (!small.is_mounted()) GTEST_SKIP() << "may not mount a small disk here";
    prepare(
        "PERFORM public.attempt('take all', $s$COPY (SELECT 1) TO PROGRAM "
        "'fallocate --length 1000000000 filler'$s$);"
    );

    const DrillReport report = drill(DrillJob(), disk / "work");

    expect_unharmed(disk / "work");
    EXPECT_EQ(report.result, DrillOutcome::Result::passed);
    EXPECT_NE(loot_.find("take all: program \"fallocate"), loot_.npos) << loot_;
}

}  // namespace
}  // namespace backupwatch
