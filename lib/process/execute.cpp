#include "process/execute.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace backupwatch {
namespace {

constexpr int refusal_end = STDERR_FILENO + 1;

[[noreturn]] void refuse(int to, Step step) {
    const Refusal refusal{step, errno};
    [[maybe_unused]] const auto written = ::write(to, &refusal, sizeof refusal);
    ::_exit(127);
}

bool reset_signals() {
    // What is ignored stays so in a program, and ours ignores SIGPIPE; handlers would wake our
    // loop.
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &standard, nullptr);
    sigset_t none;
    ::sigemptyset(&none);
    return ::pthread_sigmask(SIG_SETMASK, &none, nullptr) == 0;
}

bool become(const User& user) {
    return ::setgroups(1, &user.gid) == 0 && ::setresgid(user.gid, user.gid, user.gid) == 0 &&
           ::setresuid(user.uid, user.uid, user.uid) == 0;
}

/// After become(): a change of user clears the death signal.
bool die_with(pid_t parent) {
    return ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent;
}

bool lay_out_descriptors(const Plan& plan) {
    if (::dup2(plan.input.get(), STDIN_FILENO) < 0) return false;
    if (::dup2(plan.output.get(), STDOUT_FILENO) < 0) return false;
    if (::dup2(plan.errors.get(), STDERR_FILENO) < 0) return false;
    const int refusal = plan.refusal.get();
    if (refusal != refusal_end && ::dup3(refusal, refusal_end, O_CLOEXEC) < 0) return false;
    // Ours are all close-on-exec; this is for those that a library opened without it.
    ::close_range(refusal_end + 1, ~0U, 0);
    return true;
}

}  // namespace

void execute(const Plan& plan) {
    if (!lay_out_descriptors(plan)) refuse(plan.refusal.get(), Step::execute);
    if (!reset_signals()) refuse(refusal_end, Step::signals);
    if (::setpgid(0, 0) < 0) refuse(refusal_end, Step::group);
    if (plan.nice != 0 && ::setpriority(PRIO_PROCESS, 0, plan.nice) < 0) {
        refuse(refusal_end, Step::priority);
    }
    if (plan.user != nullptr && !become(*plan.user)) refuse(refusal_end, Step::user);
    if (!die_with(plan.parent)) refuse(refusal_end, Step::parent);
    ::umask(077);
    if (::chdir(plan.directory) < 0) refuse(refusal_end, Step::directory);
    ::execve(plan.program, plan.arguments.data(), plan.environment.data());
    refuse(refusal_end, Step::execute);
}

}  // namespace backupwatch
