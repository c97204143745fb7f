#include "postgres/postmaster_file.hpp"

#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

TEST(PostmasterFile, tells_who_serves_and_which_memory_is_theirs) {
    TemporaryFolder folder;
    std::ofstream(folder.path() / "postmaster.pid")
        << "4711\n/data\n1700000000\n5432\n/socket\n\n  12345   99\nready   \n";
    const auto file = read_postmaster_file(folder.path());
    ASSERT_TRUE(file);
    EXPECT_EQ(file->pid, 4711);
    EXPECT_EQ(file->shared_memory, 99);
    EXPECT_TRUE(file->is_ready);
}

TEST(PostmasterFile, is_not_there_before_the_server_is) {
    TemporaryFolder folder;
    EXPECT_FALSE(read_postmaster_file(folder.path()));
}

/// What a drill's dump can make of it, to hold up whoever looks.
TEST(PostmasterFile, is_not_waited_for_nor_read_for_ever) {
    TemporaryFolder folder;
    const fs::path file = folder.path() / "postmaster.pid";
    ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
    EXPECT_FALSE(read_postmaster_file(folder.path()));
    fs::remove(file);
    fs::create_symlink("/dev/zero", file);
    EXPECT_FALSE(read_postmaster_file(folder.path()));
    fs::remove(file);
    fs::create_directory(file);
    EXPECT_FALSE(read_postmaster_file(folder.path()));
}

}  // namespace
}  // namespace backupwatch
