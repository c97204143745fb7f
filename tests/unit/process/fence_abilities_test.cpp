#include "process/fence.hpp"
#include "process/seccomp.hpp"

#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <thread>
#include <vector>

namespace backupwatch {
namespace {

TEST(FenceGaps, say_what_cannot_be_had_and_what_that_lets_through) {
    const FenceAbilities all{.seccomp = true, .landlock = 7, .keeper = true};
    EXPECT_EQ(fence_gaps(all, true), std::vector<std::string>());
    EXPECT_EQ(fence_gaps({.seccomp = true, .landlock = 6, .keeper = true}, true).size(), 0u);

    const auto no_filter = fence_gaps({.seccomp = false, .landlock = 7, .keeper = true}, false);
    ASSERT_EQ(no_filter.size(), 1u);
    EXPECT_EQ(
        no_filter[0],
        "this kernel filters no system calls (seccomp): what is in a dump could reach the network "
        "and other servers' sockets"
    );

    const FenceAbilities off{
        .seccomp = true, .landlock = 0, .no_landlock = EOPNOTSUPP, .keeper = true};
    EXPECT_EQ(
        fence_gaps(off, false),
        std::vector<std::string>{
            "Landlock is not switched on in this kernel (its parameter lsm=): what is in a dump "
            "could read every file that is open to all users"}
    );
    EXPECT_NE(fence_gaps(off, true)[0].find("every file of ours"), std::string::npos);

    // Whoever has another user cannot signal ours anyway.
    const FenceAbilities old{.seccomp = true, .landlock = 5, .keeper = true};
    EXPECT_EQ(fence_gaps(old, false), std::vector<std::string>());
    EXPECT_EQ(
        fence_gaps(old, true),
        std::vector<std::string>{
            "Landlock of this kernel is of version 5, and fences from signals with 6: what is in a "
            "dump could signal every process of ours"}
    );

    const auto no_list = fence_gaps({.seccomp = true, .landlock = 7}, true);
    ASSERT_EQ(no_list.size(), 1u);
    EXPECT_NE(no_list[0].find("could start programs that outlive the drill"), std::string::npos);
}

/// For the calling thread: neither of the two can be had.
void refuse_fences() {
    const auto load = static_cast<std::uint16_t>(BPF_LD | BPF_W | BPF_ABS);
    const auto equal = static_cast<std::uint16_t>(BPF_JMP | BPF_JEQ | BPF_K);
    const auto answer = static_cast<std::uint16_t>(BPF_RET | BPF_K);
    const std::vector<sock_filter> refuse{
        {load, 0, 0, offsetof(seccomp_data, nr)},
        {equal, 0, 1, SYS_landlock_create_ruleset},
        {answer, 0, 0, SECCOMP_RET_ERRNO | EOPNOTSUPP},
        {equal, 0, 1, SYS_seccomp},
        {answer, 0, 0, SECCOMP_RET_ERRNO | EACCES},
        {answer, 0, 0, SECCOMP_RET_ALLOW},
    };
    ASSERT_TRUE(enter_seccomp(refuse));
}

TEST(FenceAbilities, are_tried_out_and_not_believed) {
    if (!fence_abilities().seccomp) GTEST_SKIP() << "nothing can be refused here";
    FenceAbilities found{.seccomp = true, .landlock = 7};

    std::thread refused([&] {
        refuse_fences();
        found = probe_fence();
    });
    refused.join();

    EXPECT_FALSE(found.seccomp);
    EXPECT_EQ(found.landlock, 0);
    EXPECT_EQ(found.no_landlock, EOPNOTSUPP);
    EXPECT_EQ(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0) << "trying it out fenced us";
}

}  // namespace
}  // namespace backupwatch
