#include "foreground.hpp"

#include "core/system_failure.hpp"
#include "process/process_table.hpp"

#include <boost/asio/redirect_error.hpp>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <string_view>
#include <thread>

namespace backupwatch {
namespace {

constexpr int cannot_execute = 127;
/// psql needs none of it: it asks the server to stop, and says goodbye to the terminal.
constexpr auto longest_farewell = std::chrono::seconds(2);

std::vector<std::string> environment_for_psql() {
    std::vector<std::string> variables;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        // PGHOST, PGSERVICE, PGOPTIONS, ...; PSQLRC and PSQL_PAGER are the person's own business.
        if (!std::string_view(*entry).starts_with("PG")) variables.emplace_back(*entry);
    }
    // Without a daemon root goes on as the owner of the state, who may not write in its home.
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment
    const char* home = std::getenv("HOME");
    if (home == nullptr || ::access(home, W_OK) < 0) {
        variables.emplace_back("PSQL_HISTORY=/dev/null");
    }
    return variables;
}

std::vector<char*> as_arguments(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

/// In the child, where nothing may be called that a thread of ours may have been at.
[[noreturn]] void execute_here(
    pid_t parent, const char* program, char* const* arguments, char* const* environment
) {
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    struct sigaction hang_up {};
    ::sigaction(SIGHUP, nullptr, &hang_up);
    for (int signal = 1; signal < NSIG; ++signal) {
        // Who was started by nohup is to go on.
        const bool is_kept = signal == SIGHUP && hang_up.sa_handler == SIG_IGN;
        if (!is_kept) ::sigaction(signal, &standard, nullptr);
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(cannot_execute);
    ::close_range(STDERR_FILENO + 1, ~0U, 0);
    ::execve(program, arguments, environment);
    ::_exit(cannot_execute);
}

pid_t fork_with_signals_blocked(
    const char* program, char* const* arguments, char* const* environment
) {
    const pid_t parent = ::getpid();
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = ::fork();
    if (pid == 0) execute_here(parent, program, arguments, environment);
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (pid < 0) throw system_failure("start " + std::string(program), error);
    return pid;
}

}  // namespace

Foreground::Foreground(
    const asio::any_io_executor& executor,
    const std::filesystem::path& program,
    std::vector<std::string> arguments
)
    : handle_(executor) {
    has_terminal_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    arguments.insert(arguments.begin(), program.string());
    std::vector<std::string> environment = environment_for_psql();
    const std::vector<char*> argv = as_arguments(arguments);
    const std::vector<char*> envp = as_arguments(environment);
    pid_ = fork_with_signals_blocked(program.c_str(), argv.data(), envp.data());
    // A child that is not reaped yet keeps its number.
    const auto handle = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    const int error = errno;
    if (handle >= 0) {
        handle_.assign(handle);
        return;
    }
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    throw system_failure("watch " + program.string(), error);
}

Foreground::~Foreground() {
    if (pid_ > 0) {
        try {
            kill_descendants(pid_);
        } catch (const std::exception&) {
            // A pager that stays is left by its `q`.
        }
        ::kill(pid_, SIGTERM);
        const auto end = std::chrono::steady_clock::now() + longest_farewell;
        while (::waitpid(pid_, nullptr, WNOHANG) == 0) {
            if (std::chrono::steady_clock::now() > end) ::kill(pid_, SIGKILL);
            // No loop runs in a destructor, and until psql has gone the terminal is its own.
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }
    give_terminal_back();
}

Task<int> Foreground::wait() {
    co_await handle_.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    co_return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void Foreground::give_terminal_back() const {
    if (!has_terminal_) return;
    // In the background this would stop us.
    sigset_t background;
    sigset_t before;
    ::sigemptyset(&background);
    ::sigaddset(&background, SIGTTOU);
    ::pthread_sigmask(SIG_BLOCK, &background, &before);
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace backupwatch
