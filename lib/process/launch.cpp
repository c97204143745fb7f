#include "process/launch.hpp"

#include "config/environment.hpp"
#include "core/system_failure.hpp"
#include "process/execute.hpp"
#include "process/keeper.hpp"
#include "process/landlock.hpp"
#include "process/seccomp.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <string>

namespace backupwatch {
namespace {

/// A descriptor above the standard ones, so that the child can lay those out in any order.
Descriptor opened(int fd, const std::string& operation) {
    if (fd < 0) throw system_failure(operation, errno);
    if (fd > STDERR_FILENO) return Descriptor(fd);
    const Descriptor low(fd);
    const int high = ::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (high < 0) throw system_failure(operation, errno);
    return Descriptor(high);
}

Descriptor open_file(const std::filesystem::path& file, int flags) {
    const int fd = ::open(file.c_str(), flags | O_CLOEXEC | O_NOCTTY, 0600);
    return opened(fd, "open " + file.string());
}

struct Pipe {
    Descriptor read;
    Descriptor write;
};

Pipe make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0) throw system_failure("make a pipe", errno);
    Descriptor read(ends[0]);
    Descriptor write(ends[1]);
    read = opened(read.release(), "make a pipe");
    write = opened(write.release(), "make a pipe");
    return {std::move(read), std::move(write)};
}

/// A name without a slash is looked for in $PATH, as a shell does.
std::filesystem::path resolve(const std::filesystem::path& program) {
    const auto search = environment_variable("PATH");
    if (program.has_parent_path() || !search) return program;
    std::string_view folders(*search);
    while (!folders.empty()) {
        const auto colon = std::min(folders.find(':'), folders.size());
        const auto candidate = std::filesystem::path(folders.substr(0, colon)) / program;
        if (candidate.is_absolute() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
        folders.remove_prefix(std::min(colon + 1, folders.size()));
    }
    return program;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (auto& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

/// Forks with all signals blocked: a SIGTERM in the child, before its exec, would run our handler
/// there and write to the pipe that our loop reads.
pid_t fork_quietly(const Plan& plan) {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = ::fork();
    if (pid == 0) {
        if (plan.barrier && plan.barrier->is_kept) keep(plan);
        execute(plan, plan.parent);
    }
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (pid < 0) throw system_failure("start another process", error);
    return pid;
}

Failure refused(const Command& command, const std::string& program, const Refusal& refusal) {
    const std::string start = "start " + program;
    switch (refusal.step) {
        case Step::directory:
            return system_failure(start + " in " + command.directory.string(), refusal.error);
        case Step::user:
            return system_failure(
                start + " as user id " + std::to_string(command.user->uid), refusal.error
            );
        case Step::priority:
            return system_failure(
                start + " with nice " + std::to_string(command.nice), refusal.error
            );
        case Step::fence:
            return system_failure("fence " + program, refusal.error);
        case Step::signals:
        case Step::group:
        case Step::parent:
        case Step::execute:
        case Step::keeper:
        case Step::kept:
            break;
    }
    return system_failure(start, refusal.error);
}

Barrier barrier_of(const Fence& fence, const std::filesystem::path& program) {
    const FenceAbilities& abilities = fence_abilities();
    Barrier barrier;
    if (abilities.seccomp) barrier.calls = seccomp_program(fence.role);
    if (abilities.landlock > 0) {
        Fence with_program = fence;
        with_program.executable.push_back(program);
        barrier.files = landlock_ruleset(with_program, abilities.landlock);
    }
    barrier.is_kept = fence.role == Fence::Role::server && abilities.keeper;
    barrier.address_space = fence.address_space;
    barrier.processes = fence.processes;
    return barrier;
}

/// None when all ends of it are closed: the program runs, or nobody is there any more.
std::optional<Refusal> read_message(const Descriptor& answer) {
    Refusal message{};
    ssize_t size = 0;
    do size = ::read(answer.get(), &message, sizeof message);
    while (size < 0 && errno == EINTR);
    if (size != sizeof message) return std::nullopt;
    return message;
}

/// An inherited SIG_IGN would have the kernel reap our children, and their exit codes be lost.
void keep_exit_codes() {
    struct sigaction now {};
    ::sigaction(SIGCHLD, nullptr, &now);
    if (now.sa_handler == SIG_IGN) ::signal(SIGCHLD, SIG_DFL);
}

}  // namespace

Launched launch(const Command& command) {
    keep_exit_codes();
    const auto program = resolve(command.program);
    const auto directory = command.directory.empty() ? "/" : command.directory;
    std::vector<std::string> arguments{command.program.string()};
    arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
    std::vector<std::string> environment;
    for (const auto& [name, value] : command.environment) environment.push_back(name + "=" + value);

    Launched child;
    Plan plan{
        .program = program.c_str(),
        .directory = directory.c_str(),
        .arguments = pointers(arguments),
        .environment = pointers(environment),
        .user = command.user ? &*command.user : nullptr,
        .nice = command.nice,
        .parent = ::getpid(),
        .input = open_file(command.input.value_or("/dev/null"), O_RDONLY),
        .output = {},
        .errors = {},
        .barrier = {},
        .refusal = {},
    };
    if (command.fence) plan.barrier = barrier_of(*command.fence, program);
    if (command.output) {
        plan.output = open_file(*command.output, O_WRONLY | O_CREAT | O_TRUNC);
    } else {
        auto [read, write] = make_pipe();
        child.output = std::move(read);
        plan.output = std::move(write);
    }
    auto [errors, errors_end] = make_pipe();
    child.errors = std::move(errors);
    plan.errors = std::move(errors_end);
    auto [answer, refusal_end] = make_pipe();
    plan.refusal = std::move(refusal_end);

    child.pid = fork_quietly(plan);
    plan.refusal = {};

    // A child that is not reaped yet keeps its number, so this is the right one.
    child.handle = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, child.pid, 0)));
    const int no_handle = errno;
    child.program = child.pid;
    std::optional<Refusal> refusal;
    while (const auto said = read_message(answer)) {
        if (said->step == Step::kept) {
            child.program = said->error;
        } else {
            refusal = said;
        }
    }
    if (!refusal && child.handle) return child;

    ::kill(child.pid, SIGKILL);
    ::waitpid(child.pid, nullptr, 0);
    if (!refusal) throw system_failure("watch " + program.string(), no_handle);
    throw refused(command, program.string(), *refusal);
}

}  // namespace backupwatch
