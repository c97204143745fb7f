#pragma once
#include "async/task.hpp"
#include "core/time/time.hpp"
#include "process/fence.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace backupwatch {

/// Whom a child runs as; only root can choose.
struct User {
    uid_t uid = 0;
    gid_t gid = 0;
};

/// What to run. The environment is what is listed here and nothing else, so that no secret of ours
/// leaks into a child; passwords go here, never into `arguments`.
struct Command {
    std::filesystem::path program{};  ///< a name without a slash is looked for in our own $PATH
    std::vector<std::string> arguments{};
    std::vector<std::pair<std::string, std::string>> environment{};
    std::filesystem::path directory{};  ///< its working directory: how a stale child is found again
    std::optional<User> user{};
    int nice = 0;
    std::optional<Fence> fence{};                   ///< as much of it as fence_abilities() has
    std::optional<std::filesystem::path> input{};   ///< standard input; else /dev/null
    std::optional<std::filesystem::path> output{};  ///< standard output; else kept in Exit::output
    /// Each line of standard error, on the loop; must not throw.
    std::function<void(std::string_view)> on_error_line{};
};

struct Exit {
    int code = 0;  ///< meaningless when a signal ended it
    std::optional<int> signal;
    std::string output;                   ///< standard output, at most the first MiB
    std::vector<std::string> last_lines;  ///< of standard error, at most 20, each at most 2 KiB

    bool ok() const { return code == 0 && !signal; }
};
/// `exit code 1` or `ended by signal 9 (Killed)`, then the last lines of standard error.
std::string describe(const Exit& exit);

/// Runs a command to its end, in a process group of its own that dies with us (PR_SET_PDEATHSIG).
/// What is left of the group when the command itself has ended gets SIGKILL, and nothing of it is
/// left on return. Past `limit`, or when the caller is cancelled, the whole group gets SIGTERM and
/// five seconds later SIGKILL; then throws Failure::timeout, or goes on with the cancellation. (A
/// second cancellation meanwhile is SIGKILL at once.) Throws Failure (missing, denied, exhausted)
/// when the program cannot be started. Any exit code is a result.
/// It dies with the calling thread: call it on the loop's.
Task<Exit> run_process(Command command, Duration limit);

/// A child that runs on: the postmaster of a throw-away cluster. One that still runs when this goes
/// gets SIGKILL. Where it is fenced as a server, whatever came of it ends with it, and its end is
/// seen once none of that is left.
class Child {
  public:
    virtual ~Child() = default;
    virtual pid_t pid() const = 0;
    virtual bool is_running() const = 0;
    /// Returns when it has ended, by itself or otherwise, and nothing of its group is left.
    virtual Task<Exit> wait() = 0;
    /// Sends `signal` to its group; SIGKILL if it is still there after `limit`. Returns when
    /// nothing of the group is left.
    virtual Task<> end(int signal, Duration limit) = 0;
};
/// Throws as run_process does.
std::unique_ptr<Child> start_process(asio::any_io_executor executor, Command command);

/// SIGKILLs every process (of ours, or any as root) whose working directory is `folder` or below
/// it, until none is left (five seconds at most), and returns how many. Never the caller itself.
/// Blocking: scans /proc.
int kill_processes_in(const std::filesystem::path& folder);

/// The same of every process that was given this environment variable, or whose parent was: what a
/// program of ours left behind, wherever it works.
int kill_processes_given(const std::string& name, const std::string& value);

}  // namespace backupwatch
