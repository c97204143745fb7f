#include "core/failure.hpp"
#include "process/process.hpp"
#include "support/loop.hpp"
#include "support/temporary_folder.hpp"
#include "unit/process/shell.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

std::string content(const std::filesystem::path& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

int open_descriptors() {
    const auto folder = std::filesystem::directory_iterator("/proc/self/fd");
    return static_cast<int>(std::distance(begin(folder), end(folder)));
}

class RunProcess : public testing::Test {
  protected:
    Exit run(Command command) { return run_on(loop, run_process(std::move(command), 60s)); }
    std::string output(const std::string& script) { return run(shell(script)).output; }

    Failure::Kind refusal(Command command) {
        try {
            run(std::move(command));
        } catch (const Failure& failure) {
            message = failure.what();
            return failure.kind();
        }
        ADD_FAILURE() << "it could be started";
        return Failure::Kind::internal;
    }

    asio::io_context loop{1};
    TemporaryFolder folder;
    std::string message;
};

TEST_F(RunProcess, returns_the_code_the_output_and_the_errors) {
    const Exit exit = run(shell("echo out; echo first >&2; echo second >&2; exit 3"));

    EXPECT_EQ(exit.code, 3);
    EXPECT_FALSE(exit.ok());
    EXPECT_EQ(exit.output, "out\n");
    EXPECT_EQ(describe(exit), "exit code 3: first; second");
    EXPECT_TRUE(run(shell("true")).ok());
}

TEST_F(RunProcess, tells_which_signal_ended_it) {
    const Exit exit = run(shell("kill -9 $$"));

    EXPECT_EQ(exit.signal, SIGKILL);
    EXPECT_FALSE(exit.ok());
    EXPECT_EQ(describe(exit), "ended by signal 9 (Killed)");
}

TEST_F(RunProcess, hands_on_each_line_of_standard_error_as_it_comes) {
    std::vector<std::string> lines;
    Command command = shell("for i in 1 2 3; do echo table $i >&2; done; printf end >&2");
    command.on_error_line = [&](std::string_view line) { lines.emplace_back(line); };

    run(std::move(command));

    const std::vector<std::string> expected{"table 1", "table 2", "table 3", "end"};
    EXPECT_EQ(lines, expected);
}

TEST_F(RunProcess, gives_the_environment_that_is_listed_and_nothing_else) {
    ::setenv("BACKUPWATCH_TEST_SECRET", "hunter2", 1);
    Command command{.program = "/usr/bin/env"};
    command.environment = {{"PGPASSWORD", "a b=c"}, {"LC_ALL", "C"}};

    EXPECT_EQ(run(std::move(command)).output, "PGPASSWORD=a b=c\nLC_ALL=C\n");
}

TEST_F(RunProcess, passes_arguments_as_they_are) {
    Command command = shell("printf '[%s]' \"$@\"");
    command.arguments.insert(command.arguments.end(), {"sh", "a b", "", "$HOME;'\"", "-x"});

    EXPECT_EQ(run(std::move(command)).output, "[a b][][$HOME;'\"][-x]");
}

TEST_F(RunProcess, works_in_its_folder_with_private_files_and_an_empty_input) {
    Command command = shell("pwd; umask; cat; touch made");
    command.directory = folder.path();

    const Exit exit = run(std::move(command));

    EXPECT_EQ(exit.output, folder.path().string() + "\n0077\n");
    EXPECT_TRUE(std::filesystem::exists(folder / "made"));
}

TEST_F(RunProcess, reads_and_writes_files_where_it_is_told_to) {
    std::ofstream(folder / "in") << "rows\n";
    std::ofstream(folder / "out") << "something longer of an earlier run\n";
    Command command = shell("cat; echo done");
    command.input = folder / "in";
    command.output = folder / "out";

    const Exit exit = run(std::move(command));

    EXPECT_EQ(exit.output, "");
    EXPECT_EQ(content(folder / "out"), "rows\ndone\n");
}

TEST_F(RunProcess, keeps_a_new_output_file_private) {
    Command command = shell("echo secret");
    command.output = folder / "out";

    run(std::move(command));

    const auto permissions = std::filesystem::status(folder / "out").permissions();
    EXPECT_EQ(permissions, std::filesystem::perms(0600));
}

TEST_F(RunProcess, keeps_a_bounded_part_of_a_long_output_and_lets_it_end) {
    const Exit exit = run(shell("head -c 5000000 /dev/zero; head -c 5000000 /dev/zero >&2"));

    EXPECT_TRUE(exit.ok());
    EXPECT_EQ(exit.output.size(), 1024U * 1024U);
    ASSERT_EQ(exit.last_lines.size(), 1U);
    EXPECT_EQ(exit.last_lines[0].size(), 2048U);
}

TEST_F(RunProcess, loses_nothing_that_was_written_just_before_the_end) {
    for (int i = 0; i < 30; ++i) {
        const Exit exit = run(shell("head -c 60000 /dev/zero; echo last >&2"));
        ASSERT_EQ(exit.output.size(), 60000U);
        ASSERT_EQ(exit.last_lines, std::vector<std::string>{"last"});
    }
}

TEST_F(RunProcess, names_a_program_that_is_not_there) {
    EXPECT_EQ(refusal({.program = "/usr/lib/postgresql/99/bin/pg_dump"}), Failure::Kind::missing);
    EXPECT_EQ(
        message, "cannot start /usr/lib/postgresql/99/bin/pg_dump: No such file or directory"
    );
    EXPECT_EQ(refusal({.program = "no-such-program"}), Failure::Kind::missing);
    EXPECT_EQ(message, "cannot start no-such-program: No such file or directory");
}

TEST_F(RunProcess, names_a_folder_or_file_that_it_cannot_use) {
    Command command = shell("true");
    command.directory = folder / "gone";
    EXPECT_EQ(refusal(command), Failure::Kind::missing);
    EXPECT_EQ(
        message,
        "cannot start /bin/sh in " + (folder / "gone").string() + ": No such file or directory"
    );

    command = shell("true");
    command.input = folder / "absent";
    EXPECT_EQ(refusal(command), Failure::Kind::missing);
    EXPECT_EQ(
        message, "cannot open " + (folder / "absent").string() + ": No such file or directory"
    );
}

TEST_F(RunProcess, names_a_file_that_may_not_be_executed) {
    std::ofstream(folder / "plain") << "not a program";

    EXPECT_EQ(refusal({.program = folder / "plain"}), Failure::Kind::denied);
}

TEST_F(RunProcess, finds_a_bare_name_in_the_search_path) {
    EXPECT_TRUE(run({.program = "true"}).ok());
}

TEST_F(RunProcess, leaks_no_descriptor_and_no_zombie_whether_it_could_start_or_not) {
    run(shell("true"));
    const int before = open_descriptors();
    for (int i = 0; i < 20; ++i) {
        run(shell("echo x; echo y >&2"));
        refusal({.program = "/no/such/program"});
    }

    EXPECT_EQ(open_descriptors(), before);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child was left";
    EXPECT_EQ(errno, ECHILD);
}

TEST_F(RunProcess, closes_descriptors_that_a_library_left_open) {
    const int leaked = ::open("/dev/null", O_RDONLY);
    const int far = ::dup2(leaked, 200);

    const std::string listed = output("for fd in /proc/self/fd/*; do echo ${fd##*/}; done");

    ::close(leaked);
    ::close(far);
    EXPECT_EQ(listed.find("200"), listed.npos) << listed;
    EXPECT_EQ(output("[ -e /proc/self/fd/3 ] && echo open"), "");
}

TEST_F(RunProcess, resets_ignored_and_blocked_signals) {
    const auto pipe_handler = ::signal(SIGPIPE, SIG_IGN);
    sigset_t term;
    sigset_t before;
    ::sigemptyset(&term);
    ::sigaddset(&term, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &term, &before);

    const Exit piped = run(shell("kill -PIPE $$; echo survived"));
    const Exit terminated = run(shell("kill -TERM $$; echo survived"));

    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::signal(SIGPIPE, pipe_handler);
    EXPECT_EQ(piped.signal, SIGPIPE);
    EXPECT_EQ(terminated.signal, SIGTERM);
}

TEST_F(RunProcess, knows_the_exit_code_even_where_ended_children_were_ignored) {
    const auto before = ::signal(SIGCHLD, SIG_IGN);

    const Exit exit = run(shell("exit 3"));

    ::signal(SIGCHLD, before);
    EXPECT_EQ(exit.code, 3);
}

TEST_F(RunProcess, is_as_nice_as_it_is_told) {
    Command command = shell("nice");
    command.nice = 7;

    EXPECT_EQ(run(std::move(command)).output, "7\n");
}

TEST_F(RunProcess, becomes_the_user_with_all_groups_and_no_way_back) {
    Command command = shell("id -u; id -g; id -G; grep -E '^(Uid|Gid|CapEff)' /proc/self/status");
    command.user = User{65534, 65534};
    if (::geteuid() != 0) {
        EXPECT_EQ(refusal(command), Failure::Kind::denied);
        return;
    }

    EXPECT_EQ(
        run(std::move(command)).output,
        "65534\n65534\n65534\n"
        "Uid:\t65534\t65534\t65534\t65534\n"
        "Gid:\t65534\t65534\t65534\t65534\n"
        "CapEff:\t0000000000000000\n"
    );
}

TEST_F(RunProcess, cannot_enter_as_another_user_a_folder_that_is_ours_alone) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
    Command command = shell("true");
    command.directory = folder.path();
    command.user = User{65534, 65534};

    EXPECT_EQ(refusal(command), Failure::Kind::denied);
}

}  // namespace
}  // namespace backupwatch
