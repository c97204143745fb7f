#include "process/execute.hpp"

#include "process/landlock.hpp"
#include "process/seccomp.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace backupwatch {
namespace {

constexpr int refusal_end = STDERR_FILENO + 1;
constexpr int nice_within = 5;
// As linux/ioprio.h has them, which since 6.2 is no C++.
constexpr int of_process = 1;
constexpr int best_effort = 2;
constexpr int class_shift = 13;
constexpr int lowest_of_class = 7;
constexpr rlim_t most_open_files = 4096;  ///< a server opens 1000 and its connections

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

/// By the kernel's calls: those of the C library wait for the threads of the process, of which the
/// child of a fork has one, and ThreadSanitizer another that may not have begun.
bool become(const User& user) {
    return ::syscall(SYS_setgroups, 1, &user.gid) == 0 &&
           ::syscall(SYS_setresgid, user.gid, user.gid, user.gid) == 0 &&
           ::syscall(SYS_setresuid, user.uid, user.uid, user.uid) == 0;
}

/// After become(): a change of user clears the death signal.
bool die_with(pid_t parent) {
    return ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent;
}

/// No more than it may anyway.
bool bound(__rlimit_resource what, rlim_t most) {
    rlimit now{};
    if (::getrlimit(what, &now) < 0) return false;
    now.rlim_max = std::min(now.rlim_max, most);
    now.rlim_cur = std::min(now.rlim_cur, now.rlim_max);
    return ::setrlimit(what, &now) == 0;
}

/// Before become(): the files of a process that changed its user are root's, as are those of one
/// that may not be dumped, which we are until we execute.
void offer_to_the_killer() {
    ::prctl(PR_SET_DUMPABLE, 1);
    // A kernel out of memory takes the drill, not us or the databases next to it.
    const int score = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (score < 0) return;
    [[maybe_unused]] const auto written = ::write(score, "1000", 4);
    ::close(score);
}

/// Behind the databases next to it; but ours may be behind them already.
bool fall_back() {
    const int nice = std::max(::getpriority(PRIO_PROCESS, 0), nice_within);
    return ::setpriority(PRIO_PROCESS, 0, nice) == 0;
}

bool stay_within(const Barrier& barrier) {
    if (!fall_back()) return false;
    // Where the disk's queue knows no classes this has no effect, which is no harm.
    ::syscall(SYS_ioprio_set, of_process, 0, best_effort << class_shift | lowest_of_class);
    return bound(RLIMIT_CORE, 0) && bound(RLIMIT_NOFILE, most_open_files) &&
           (barrier.address_space == 0 || bound(RLIMIT_AS, barrier.address_space)) &&
           (barrier.processes == 0 || bound(RLIMIT_NPROC, barrier.processes));
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

void refuse(int to, Step step) {
    const Refusal refusal{step, errno};
    [[maybe_unused]] const auto written = ::write(to, &refusal, sizeof refusal);
    ::_exit(127);
}

void execute(const Plan& plan, pid_t parent) {
    if (plan.barrier) {
        const Barrier& barrier = *plan.barrier;
        offer_to_the_killer();
        if (barrier.files && !enter_landlock(barrier.files.get())) {
            refuse(plan.refusal.get(), Step::fence);
        }
    }
    if (!lay_out_descriptors(plan)) refuse(plan.refusal.get(), Step::execute);
    if (!reset_signals()) refuse(refusal_end, Step::signals);
    if (::setpgid(0, 0) < 0) refuse(refusal_end, Step::group);
    if (plan.nice != 0 && ::setpriority(PRIO_PROCESS, 0, plan.nice) < 0) {
        refuse(refusal_end, Step::priority);
    }
    if (plan.user != nullptr && !become(*plan.user)) refuse(refusal_end, Step::user);
    if (!die_with(parent)) refuse(refusal_end, Step::parent);
    ::umask(077);
    if (::chdir(plan.directory) < 0) refuse(refusal_end, Step::directory);
    if (plan.barrier) {
        const Barrier& barrier = *plan.barrier;
        if (!stay_within(barrier)) refuse(refusal_end, Step::fence);
        if (!barrier.calls.empty() && !enter_seccomp(barrier.calls)) {
            refuse(refusal_end, Step::fence);
        }
    }
    ::execve(plan.program, plan.arguments.data(), plan.environment.data());
    refuse(refusal_end, Step::execute);
}

}  // namespace backupwatch
