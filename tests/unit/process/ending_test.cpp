// How children end: by deadline, by cancellation, with their group, with us.
#include "async/scope.hpp"
#include "core/failure.hpp"
#include "process/process.hpp"
#include "support/loop.hpp"
#include "support/processes.hpp"
#include "support/temporary_folder.hpp"
#include "support/wrong_wake_up.hpp"
#include "unit/process/shell.hpp"

#include <boost/asio/steady_timer.hpp>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

class Ending : public testing::Test {
  protected:
    /// A command that writes its own number and that of a second process into a file, then waits.
    Command pair_that_waits(const std::string& first_line = "") {
        const auto file = (folder / "pids").string();
        return shell(
            first_line + "sleep 300 & echo $$ $! > " + file + ".new; mv " + file + ".new " + file +
            "; wait"
        );
    }

    void wait_for_pair() {
        const auto deadline = SteadyClock::now() + 20s;
        while (!std::filesystem::exists(folder / "pids") && SteadyClock::now() < deadline) {
            loop.run_for(2ms);
            loop.restart();
        }
        std::ifstream(folder / "pids") >> first >> second;
        ASSERT_TRUE(is_alive(first) && is_alive(second));
    }

    void expect_nothing_left() {
        EXPECT_FALSE(is_alive(first));
        EXPECT_FALSE(is_alive(second));
        EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child was not reaped";
    }

    asio::io_context loop{1};
    TemporaryFolder folder;
    std::vector<std::string> failures;
    Scope scope{loop.get_executor(), [this](const std::string&, const std::string& what) {
                    failures.push_back(what);
                }};
    pid_t first = 0;
    pid_t second = 0;
};

TEST_F(Ending, past_its_limit_ends_the_whole_group_and_names_the_program) {
    try {
        run_on(loop, run_process(pair_that_waits(), 300ms));
        FAIL() << "nothing was thrown";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::timeout);
        EXPECT_STREQ(failure.what(), "no end of sh within 300ms");
    }
    std::ifstream(folder / "pids") >> first >> second;
    expect_nothing_left();
}

Task<> run_and_note(Command command, std::string& end) {
    try {
        co_await run_process(std::move(command), 1h);
        end = "ended";
    } catch (const Failure& failure) {
        end = failure.what();
    } catch (const boost::system::system_error& error) {
        end = "cancelled";
        throw;
    }
}

TEST_F(Ending, when_cancelled_ends_the_whole_group_and_goes_on_with_the_cancellation) {
    std::string end;
    scope.spawn("dump", run_and_note(pair_that_waits(), end));
    wait_for_pair();
    const auto begin = SteadyClock::now();

    scope.cancel();
    run_on(loop, scope.drained());

    EXPECT_EQ(end, "cancelled");
    EXPECT_TRUE(failures.empty());
    EXPECT_LT(SteadyClock::now() - begin, 4s) << "SIGTERM would have been enough";
    expect_nothing_left();
}

TEST_F(Ending, when_cancelled_twice_kills_at_once_what_ignores_the_first) {
    std::string end;
    scope.spawn("dump", run_and_note(pair_that_waits("trap '' TERM; "), end));
    wait_for_pair();
    const auto begin = SteadyClock::now();

    scope.cancel();
    loop.run_for(50ms);
    EXPECT_TRUE(is_alive(first)) << "it has five seconds to clean up";
    scope.cancel();
    run_on(loop, scope.drained());

    EXPECT_EQ(end, "cancelled");
    EXPECT_LT(SteadyClock::now() - begin, 4s);
    EXPECT_TRUE(is_gone_within(second, 2s));
    expect_nothing_left();
}

TEST_F(Ending, kills_what_ignores_the_signal_after_the_limit) {
    const auto child = start_process(loop.get_executor(), pair_that_waits("trap '' TERM; "));
    wait_for_pair();

    run_on(loop, child->end(SIGTERM, 100ms));

    const Exit exit = run_on(loop, child->wait());
    EXPECT_EQ(exit.signal, SIGKILL);
    EXPECT_FALSE(child->is_running());
    expect_nothing_left();
}

TEST_F(Ending, gives_a_child_time_to_clean_up) {
    const auto child = start_process(
        loop.get_executor(), pair_that_waits("trap 'sleep 0.1; echo bye >&2; exit 4' TERM; ")
    );
    wait_for_pair();

    run_on(loop, child->end(SIGTERM, 30s));

    // The shell may say first that the other of the pair was terminated.
    const std::string said = describe(run_on(loop, child->wait()));
    EXPECT_TRUE(said.starts_with("exit code 4: ") && said.ends_with("bye")) << said;
    expect_nothing_left();
}

TEST_F(Ending, may_be_asked_for_again_after_the_end) {
    const auto child = start_process(loop.get_executor(), shell("exit 5"));
    const Exit exit = run_on(loop, child->wait());

    run_on(loop, child->end(SIGTERM, 30s));

    EXPECT_EQ(exit.code, 5);
    EXPECT_EQ(run_on(loop, child->wait()).code, 5);
}

TEST_F(Ending, of_an_owner_kills_and_reaps_a_child_that_runs) {
    auto child = start_process(loop.get_executor(), pair_that_waits("trap '' TERM; "));
    wait_for_pair();

    child.reset();
    loop.run();

    EXPECT_TRUE(is_gone_within(second, 2s));
    expect_nothing_left();
}

/// Puts a file that is no epoll in the place of the loop's, which then can watch nothing.
void blind(asio::io_context& loop) {
    asio::steady_timer needs_epoll(loop, 1h);
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        const auto what = std::filesystem::read_symlink(entry.path(), gone);
        if (what != "anon_inode:[eventpoll]") continue;
        const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        ::dup3(null, std::stoi(entry.path().filename().string()), O_CLOEXEC);
        ::close(null);
    }
}

TEST_F(Ending, is_that_of_a_child_which_cannot_be_watched) {
    // In a process of its own, since it breaks every loop.
    const pid_t tester = ::fork();
    if (tester == 0) {
        asio::io_context blind_loop(1);
        blind(blind_loop);
        bool refused = false;
        try {
            start_process(blind_loop.get_executor(), shell("sleep 300"));
        } catch (const boost::system::system_error&) {
            refused = true;
        }
        const bool reaped = ::waitpid(-1, nullptr, WNOHANG) == -1;
        ::_exit(!refused ? 1 : !reaped ? 2 : 0);
    }
    int status = 0;
    ::waitpid(tester, &status, 0);

    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_NE(WEXITSTATUS(status), 1) << "the child could be watched";
    EXPECT_NE(WEXITSTATUS(status), 2) << "a child was left";
}

TEST_F(Ending, of_a_command_ends_what_it_left_in_its_group) {
    const Exit exit = run_on(loop, run_process(shell("sleep 300 & echo $!"), 1min));

    EXPECT_TRUE(exit.ok());
    EXPECT_FALSE(is_alive(std::stoi(exit.output)));
}

TEST_F(Ending, of_a_command_is_not_held_up_by_one_who_left_the_group_and_holds_its_output) {
    const auto begin = SteadyClock::now();
    const Exit exit =
        run_on(loop, run_process(shell("setsid sleep 300 & echo $!; sleep 0.2"), 1min));

    EXPECT_TRUE(exit.ok());
    EXPECT_LT(SteadyClock::now() - begin, 20s);
    const pid_t escaped = std::stoi(exit.output);
    EXPECT_TRUE(is_alive(escaped)) << "this test needs a process outside the group";
    ::kill(escaped, SIGKILL);
}

TEST_F(Ending, of_a_command_is_not_held_up_by_one_who_writes_for_ever) {
    const Exit exit = run_on(loop, run_process(shell("setsid yes & echo $! >&2; sleep 0.2"), 1min));

    ::kill(std::stoi(exit.last_lines.at(0)), SIGKILL);
    EXPECT_TRUE(exit.ok());
}

/// Forks a stand-in for the daemon that starts the pair and is then killed without warning.
void be_a_daemon(Command command) {
    asio::io_context loop(1);
    const auto child = start_process(loop.get_executor(), std::move(command));
    loop.run();
    ::_exit(0);
}

TEST_F(Ending, of_our_own_process_kills_the_child) {
    for (const bool other_user : {false, true}) {
        if (other_user && ::geteuid() != 0) continue;
        std::filesystem::remove(folder / "pids");
        std::filesystem::permissions(folder.path(), std::filesystem::perms(0777));
        // The second of the pair is not ours to kill: only the child itself has the death signal.
        Command command = shell(
            "echo $$ $$ > " + (folder / "new").string() + "; mv " + (folder / "new").string() +
            " " + (folder / "pids").string() + "; exec sleep 300"
        );
        if (other_user) command.user = User{65534, 65534};
        const pid_t daemon = ::fork();
        if (daemon == 0) be_a_daemon(std::move(command));
        wait_for_pair();

        ::kill(daemon, SIGKILL);
        ::waitpid(daemon, nullptr, 0);

        EXPECT_TRUE(is_gone_within(first, 5s)) << (other_user ? "as another user" : "as ourselves");
    }
}

TEST_F(Ending, is_not_seen_in_what_was_there_for_another_descriptor) {
    std::unique_ptr<Child> child;

    wake_wrongly(loop, 300ms, [&] {
        child = start_process(loop.get_executor(), shell("sleep 300"));
    });

    ASSERT_TRUE(child);
    EXPECT_TRUE(child->is_running());
}

}  // namespace
}  // namespace backupwatch
