#include "process/keeper.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <csignal>

namespace backupwatch {
namespace {

constexpr const char* list_of_children = "/proc/thread-self/children";

/// So long it runs after those that start others and end, as fast as it can. Then it leaves the
/// dead where they are: the kernel counts them, and their user may start no more.
constexpr time_t racing_seconds = 2;
constexpr long pause_nanoseconds = 1'000'000;  ///< from then on, for whoever the kernel holds

/// The numbers in the kernel's list of our children, one after the other.
class Children {
  public:
    Children() : list_(::open(list_of_children, O_RDONLY | O_CLOEXEC)) {}
    ~Children() {
        if (can_be_read()) ::close(list_);
    }
    Children(const Children&) = delete;
    Children& operator=(const Children&) = delete;

    bool can_be_read() const { return list_ >= 0; }
    /// 0 at the end.
    pid_t next() {
        pid_t number = 0;
        for (;;) {
            if (at_ == size_) {
                size_ = ::read(list_, buffer_, sizeof buffer_);
                at_ = 0;
                if (size_ <= 0) {
                    size_ = 0;
                    return number;
                }
            }
            const char letter = buffer_[at_++];
            if (letter >= '0' && letter <= '9') {
                number = number * 10 + (letter - '0');
            } else if (number != 0) {
                return number;
            }
        }
    }

  private:
    int list_;
    ssize_t at_ = 0;
    ssize_t size_ = 0;
    char buffer_[4096];
};

/// Who of our children has ended, and how; P_ALL: the first such. Number 0: none. `and_reap`: it is
/// gone then.
siginfo_t ended(idtype_t which, pid_t pid, bool and_reap) {
    siginfo_t info{};
    const int options = WEXITED | WNOHANG | (and_reap ? 0 : WNOWAIT);
    if (::waitid(which, static_cast<id_t>(pid), &info, options) < 0) info.si_pid = 0;
    return info;
}

struct Round {
    int others = 0;   ///< children beside the program
    int running = 0;  ///< of those
    bool is_blind = false;
};

/// Our children are ours to reap, so that their numbers are theirs as long as we do not.
Round kill_children(pid_t program, bool and_reap) {
    Round round;
    Children children;
    round.is_blind = !children.can_be_read();
    if (round.is_blind) return round;
    for (pid_t pid = children.next(); pid != 0; pid = children.next()) {
        if (pid == program) continue;
        ++round.others;
        if (ended(P_PID, pid, and_reap).si_pid != 0) continue;
        ++round.running;
        ::kill(pid, SIGKILL);
    }
    return round;
}

time_t seconds_now() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/// Until no child is left. The children of one that ends become ours, so that no deeper look is
/// needed. The program itself, which has ended, is reaped last: its number is that of its group.
siginfo_t end_all(pid_t program) {
    const time_t began = seconds_now();
    int known = -1;
    for (;;) {
        const bool is_racing = seconds_now() - began <= racing_seconds;
        const Round round = kill_children(program, is_racing);
        const bool is_still = round.running == 0 && round.others == known;
        known = round.others;
        if (round.is_blind || (is_still && known == 0)) break;
        if (is_still) kill_children(program, true);
        if (is_racing) continue;
        const timespec pause{0, pause_nanoseconds};
        ::nanosleep(&pause, nullptr);
    }
    return ended(P_PID, program, true);
}

/// Until the program has ended; meanwhile it reaps whatever else ends here.
void await_end(pid_t program) {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGCHLD);
    ::sigaddset(&signals, SIGTERM);
    for (;;) {
        for (pid_t pid = ended(P_ALL, 0, false).si_pid; pid != 0;
             pid = ended(P_ALL, 0, false).si_pid) {
            if (pid == program) return;
            ended(P_PID, pid, true);
        }
        // Nobody is asked for anything by a SIGTERM: it says that our parent is gone.
        if (::sigwaitinfo(&signals, nullptr) == SIGTERM) ::kill(program, SIGKILL);
    }
}

[[noreturn]] void end_as(const siginfo_t& end) {
    if (end.si_code == CLD_EXITED) ::_exit(end.si_status);
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::signal(end.si_status, SIG_DFL);
    sigset_t signal;
    ::sigemptyset(&signal);
    ::sigaddset(&signal, end.si_status);
    ::pthread_sigmask(SIG_UNBLOCK, &signal, nullptr);
    ::kill(::getpid(), end.si_status);
    ::_exit(128 + end.si_status);
}

}  // namespace

void keep(const Plan& plan) {
    ::prctl(PR_SET_NAME, "backupwatch-keep");
    const bool is_ready = ::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 &&
                          ::prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && ::getppid() == plan.parent &&
                          ::setpgid(0, 0) == 0 && ::chdir("/") == 0;
    if (!is_ready) refuse(plan.refusal.get(), Step::keeper);
    const pid_t keeper = ::getpid();
    // Not fork(), whose handlers are not for the child of a process with threads.
    const pid_t program = ::_Fork();
    if (program == 0) execute(plan, keeper);
    if (program < 0) refuse(plan.refusal.get(), Step::keeper);
    const Refusal number{Step::kept, program};
    [[maybe_unused]] const auto written = ::write(plan.refusal.get(), &number, sizeof number);
    ::close_range(0, ~0U, 0);
    await_end(program);
    ::kill(-program, SIGKILL);
    end_as(end_all(program));
}

bool can_keep() {
    return ::access(list_of_children, R_OK) == 0;
}

}  // namespace backupwatch
