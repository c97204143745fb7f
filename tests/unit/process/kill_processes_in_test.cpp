#include "core/failure.hpp"
#include "process/process.hpp"
#include "support/loop.hpp"
#include "support/processes.hpp"
#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

class KillProcessesIn : public testing::Test {
  protected:
    std::unique_ptr<Child> sleeper(const std::filesystem::path& directory) {
        std::filesystem::create_directories(directory);
        Command command{.program = "/bin/sleep"};
        command.arguments = {"300"};
        command.directory = directory;
        return start_process(loop.get_executor(), std::move(command));
    }

    asio::io_context loop{1};
    TemporaryFolder folder;
};

// A process that is killed has lost its folder already when it becomes a zombie: hence
// is_gone_within.
TEST_F(KillProcessesIn, ends_those_in_the_folder_and_below_and_no_other) {
    const auto in = sleeper(folder / "drill");
    const auto below = sleeper(folder / "drill/data/base");
    const auto beside = sleeper(folder / "drill-2");
    const auto above = sleeper(folder.path());

    EXPECT_EQ(kill_processes_in(folder / "drill"), 2);

    EXPECT_TRUE(is_gone_within(in->pid(), 5s));
    EXPECT_TRUE(is_gone_within(below->pid(), 5s));
    EXPECT_TRUE(is_alive(beside->pid()));
    EXPECT_TRUE(is_alive(above->pid()));
}

TEST_F(KillProcessesIn, finds_a_process_whose_folder_was_removed) {
    const auto child = sleeper(folder / "drill");
    std::filesystem::remove_all(folder / "drill");

    EXPECT_EQ(kill_processes_in(folder / "drill"), 1);
    EXPECT_TRUE(is_gone_within(child->pid(), 5s));
}

TEST_F(KillProcessesIn, follows_links_to_the_folder) {
    const auto child = sleeper(folder / "drill");
    std::filesystem::create_symlink(folder / "drill", folder / "link");

    EXPECT_EQ(kill_processes_in(folder / "link"), 1);
    EXPECT_TRUE(is_gone_within(child->pid(), 5s));
}

TEST_F(KillProcessesIn, ends_those_that_keep_starting_others) {
    std::filesystem::create_directories(folder / "drill");
    Command command{.program = "/bin/sh"};
    command.arguments = {"-c", "while :; do setsid sleep 300 & sleep 0.01; done"};
    command.environment = {{"PATH", "/usr/bin:/bin"}};
    command.directory = folder / "drill";
    const auto child = start_process(loop.get_executor(), std::move(command));
    ::usleep(100'000);

    EXPECT_GE(kill_processes_in(folder / "drill"), 2);
    EXPECT_EQ(kill_processes_in(folder / "drill"), 0);
}

TEST_F(KillProcessesIn, finds_none_where_none_is) {
    EXPECT_EQ(kill_processes_in(folder.path()), 0);
    EXPECT_EQ(kill_processes_in(folder / "absent"), 0);
}

TEST_F(KillProcessesIn, refuses_a_folder_that_holds_everything) {
    EXPECT_THROW(kill_processes_in("/"), Failure);
    EXPECT_THROW(kill_processes_in(""), Failure);
}

TEST_F(KillProcessesIn, spares_the_caller) {
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(folder.path());

    const int killed = kill_processes_in(folder.path());

    std::filesystem::current_path(before);
    EXPECT_EQ(killed, 0);
}

TEST(KillProcessesGiven, ends_those_with_that_variable_and_what_they_started) {
    asio::io_context loop{1};
    const auto sleeper = [&](const std::string& value) {
        Command command{.program = "/bin/sh"};
        command.arguments = {"-c", "cd / && sleep 300; true"};
        command.environment = {{"PATH", "/bin:/usr/bin"}, {"BACKUPWATCH_TEST_GIVEN", value}};
        return start_process(loop.get_executor(), std::move(command));
    };
    const auto given = sleeper("/dumps/1");
    const auto other = sleeper("/dumps/12");
    std::this_thread::sleep_for(200ms);

    EXPECT_EQ(kill_processes_given("BACKUPWATCH_TEST_GIVEN", "/dumps/1"), 2);

    EXPECT_TRUE(is_gone_within(given->pid(), 5s));
    EXPECT_TRUE(is_alive(other->pid()));
    EXPECT_THROW(kill_processes_given("BACKUPWATCH_TEST_GIVEN", ""), Failure);
}

}  // namespace
}  // namespace backupwatch
