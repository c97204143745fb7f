#include "process/process_table.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <mutex>
#include <thread>
#include <vector>

namespace backupwatch {
namespace {

TEST(ThreadsOfAUser, are_all_of_all_its_processes) {
    const std::uint64_t before = threads_of(::geteuid());
    std::mutex hold;
    std::vector<std::thread> threads;
    {
        const std::lock_guard<std::mutex> held(hold);
        for (int i = 0; i < 50; ++i)
            threads.emplace_back([&] { const std::lock_guard<std::mutex> waits(hold); });
        // Others come and go meanwhile.
        EXPECT_GT(threads_of(::geteuid()), before + 25);
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(threads_of(4294900000), 0u);
}

}  // namespace
}  // namespace backupwatch
