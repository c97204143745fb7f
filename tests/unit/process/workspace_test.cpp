#include "process/workspace.hpp"

#include "core/failure.hpp"
#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> none;

Workspace begin(const fs::path& parent, const std::string& name) {
    return Workspace::create(parent, ".partial-", name);
}

TEST(Workspace, goes_with_its_owner) {
    TemporaryFolder folder;
    fs::path path;
    {
        const Workspace work = begin(folder.path(), "a");
        path = work.path();
        std::ofstream(path / "file") << "text";
        EXPECT_EQ(Workspace::in_use(folder.path(), ".partial-"), std::vector<std::string>{"a"});
        EXPECT_EQ(Workspace::remove_stale(folder.path(), ".partial-"), none) << "it has an owner";
    }
    EXPECT_FALSE(fs::exists(path));
    EXPECT_EQ(Workspace::in_use(folder.path(), ".partial-"), none);
}

TEST(Workspace, keeps_what_was_published_without_its_lock) {
    TemporaryFolder folder;
    {
        Workspace work = begin(folder.path(), "a");
        std::ofstream(work.path() / "file") << "text";
        work.publish("done");
    }
    EXPECT_TRUE(fs::exists(folder.path() / "done" / "file"));
    EXPECT_FALSE(fs::exists(folder.path() / "done" / Workspace::lock_name));
    EXPECT_FALSE(fs::exists(folder.path() / ".partial-a"));
}

TEST(Workspace, that_is_left_stays_for_the_next_start) {
    TemporaryFolder folder;
    {
        Workspace work = begin(folder.path(), "a");
        std::ofstream(work.path() / "file") << "text";
        work.leave();
    }
    EXPECT_TRUE(fs::exists(folder.path() / ".partial-a" / "file"));
    const std::vector<std::string> removed{".partial-a"};
    EXPECT_EQ(Workspace::remove_stale(folder.path(), ".partial-"), removed);
}

TEST(Workspace, does_not_publish_over_another) {
    TemporaryFolder folder;
    fs::create_directory(folder.path() / "done");
    std::ofstream(folder.path() / "done" / "of-another") << "text";
    {
        Workspace work = begin(folder.path(), "a");
        EXPECT_THROW(work.publish("done"), Failure);
    }
    EXPECT_TRUE(fs::exists(folder.path() / "done" / "of-another"));
    EXPECT_FALSE(fs::exists(folder.path() / ".partial-a"));
}

TEST(Workspace, that_nobody_holds_is_removed_with_what_else_belongs_to_it) {
    TemporaryFolder folder;
    fs::create_directory(folder.path() / ".partial-crashed");
    std::ofstream(folder.path() / ".partial-crashed" / ".lock");
    fs::create_directory(folder.path() / "kept");
    std::vector<fs::path> cleared;

    const auto removed = Workspace::remove_stale(
        folder.path(), ".partial-", [&](const fs::path& path) { cleared.push_back(path); }
    );

    EXPECT_EQ(removed, std::vector<std::string>{".partial-crashed"});
    EXPECT_EQ(cleared, std::vector{folder.path() / ".partial-crashed"});
    EXPECT_FALSE(fs::exists(folder.path() / ".partial-crashed"));
    EXPECT_TRUE(fs::exists(folder.path() / "kept"));
}

/// Root passes any mode, so this runs as somebody else.
TEST(Workspace, is_removed_though_what_ran_in_it_closed_its_folders) {
    TemporaryFolder folder;
    fs::permissions(folder.path(), fs::perms::all);
    const pid_t child = ::fork();
    if (child == 0) {
        if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(3);
        bool is_gone = false;
        {
            const Workspace work = begin(folder.path(), "a");
            fs::create_directories(work.path() / "data" / "base");
            std::ofstream(work.path() / "data" / "base" / "file") << "text";
            ::chmod((work.path() / "data").c_str(), 0);
        }
        is_gone = !fs::exists(fs::symlink_status(folder.path() / ".partial-a"));
        ::_exit(is_gone ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace backupwatch
