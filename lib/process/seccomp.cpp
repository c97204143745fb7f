#include "process/seccomp.hpp"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace backupwatch {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t our_architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t our_architecture = AUDIT_ARCH_AARCH64;
#else
#error "the numbers of system calls are known for x86_64 and aarch64"
#endif

constexpr std::uint32_t allow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t deny = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t absent = SECCOMP_RET_ERRNO | ENOSYS;
/// Takes all of a disk at once, before anyone has looked. libc, and PostgreSQL, write zeros instead
/// where a file system has no such thing.
constexpr std::uint32_t unsupported = SECCOMP_RET_ERRNO | EOPNOTSUPP;
/// It looks done, and was not.
constexpr std::uint32_t pretended = SECCOMP_RET_ERRNO | 0;

/// Nobody who restores a dump needs these.
constexpr int denied_calls[] = {
    // Into other processes, and to them past the fence of signals.
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_process_madvise,
    SYS_pidfd_getfd,
    SYS_kcmp,
    SYS_pidfd_send_signal,
    SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo,
    // Out of our bounds, or others into some: of anyone with the same user.
    SYS_setpriority,
    SYS_ioprio_set,
    SYS_sched_setaffinity,
    SYS_sched_setattr,
    SYS_sched_setparam,
    SYS_sched_setscheduler,
    SYS_migrate_pages,
    // Another view of the file system, or past its paths.
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_move_mount,
    SYS_open_tree,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
    SYS_mount_setattr,
    SYS_open_by_handle_at,
    SYS_name_to_handle_at,
    SYS_unshare,
    SYS_setns,
    SYS_quotactl,
    SYS_fanotify_init,
    // Attributes of files anywhere, which Landlock does not look at.
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_removexattr,
    SYS_lremovexattr,
    // Messages that stay when their process is gone.
    SYS_msgget,
    // Parts of the kernel that were broken out of before; io_uring makes sockets, too.
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    // Root's alone; it is denied root, too.
    SYS_kexec_load,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    SYS_syslog,
    SYS_vhangup,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_clock_adjtime,
    SYS_adjtimex,
    SYS_sethostname,
    SYS_setdomainname,
#if defined(__x86_64__)
    SYS_iopl,
    SYS_ioperm,
#endif
};

/// Of files anywhere, which Landlock does not look at: whoever is the same user could lock us out
/// of our state, or let others in. PostgreSQL sets modes that our umask gives anyhow, and would not
/// start where that fails.
constexpr int pretended_calls[] = {
    SYS_fchmodat,
    SYS_fchownat,
    SYS_utimensat,
    452,  // fchmodat2, of 6.6
#if defined(__x86_64__)
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_utime,
    SYS_utimes,
    SYS_futimesat,
#endif
};

/// PostgreSQL's own segment has 56 bytes. It is no process's, and stays when all are gone.
constexpr std::uint32_t most_shared_memory = 4096;

constexpr std::uint32_t new_namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                         CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

/// Writes the program from the top down. A test that fails goes on with the next one.
class Program {
  public:
    void load(std::size_t offset) {
        add({BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(offset)});
    }
    /// The low half: what these calls look at themselves. (Both of ours are little-endian.)
    void load_argument(std::size_t number) {
        load(offsetof(seccomp_data, args) + number * sizeof(std::uint64_t));
    }
    void load_high_half(std::size_t number) {
        load(offsetof(seccomp_data, args) + number * sizeof(std::uint64_t) + 4);
    }
    void answer(std::uint32_t what) { add({BPF_RET | BPF_K, 0, 0, what}); }
    void if_equal(std::uint32_t value, std::uint32_t then) {
        add({BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value});
        answer(then);
    }
    void if_not_equal(std::uint32_t value, std::uint32_t then) {
        add({BPF_JMP | BPF_JEQ | BPF_K, 1, 0, value});
        answer(then);
    }
    void if_greater(std::uint32_t value, std::uint32_t then) {
        add({BPF_JMP | BPF_JGT | BPF_K, 0, 1, value});
        answer(then);
    }
    void if_any_bit(std::uint32_t bits, std::uint32_t then) {
        add({BPF_JMP | BPF_JSET | BPF_K, 0, 1, bits});
        answer(then);
    }
    void keep_bits(std::uint32_t bits) { add({BPF_ALU | BPF_AND | BPF_K, 0, 0, bits}); }

    /// What `describe` adds is passed over by every other call.
    template <class Describe>
    void for_call(int number, Describe describe) {
        const std::size_t test = code_.size();
        add({BPF_JMP | BPF_JEQ | BPF_K, 0, 0, static_cast<std::uint32_t>(number)});
        describe();
        answer(allow);
        code_[test].jf = static_cast<std::uint8_t>(code_.size() - test - 1);
    }

    std::vector<sock_filter> take() { return std::move(code_); }

  private:
    void add(sock_filter instruction) { code_.push_back(instruction); }

    std::vector<sock_filter> code_;
};

}  // namespace

std::vector<sock_filter> seccomp_program(Fence::Role role) {
    Program program;
    // Another architecture's numbers mean other calls.
    program.load(offsetof(seccomp_data, arch));
    program.if_not_equal(our_architecture, deny);
    program.load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    program.if_any_bit(0x40000000, deny);  // the x32 ABI
#endif
    for (const int call : denied_calls) program.if_equal(static_cast<std::uint32_t>(call), deny);
    // Its flags lie in memory, where no filter can look: without it, libc calls clone.
    program.if_equal(SYS_clone3, absent);
    if (role == Fence::Role::server) {
        program.if_equal(SYS_connect, deny);
        program.if_equal(SYS_fallocate, unsupported);
        for (const int call : pretended_calls) {
            program.if_equal(static_cast<std::uint32_t>(call), pretended);
        }
        // (initdb, which runs no code of a dump, tries out what is big.)
        program.for_call(SYS_shmget, [&] {
            program.load_high_half(1);
            program.if_not_equal(0, deny);
            program.load_argument(1);
            program.if_greater(most_shared_memory, deny);
        });
    }
    program.for_call(SYS_clone, [&] {
        program.load_argument(0);
        program.if_any_bit(new_namespaces, deny);
    });
    for (const int call : {SYS_socket, SYS_socketpair}) {
        program.for_call(call, [&] {
            program.load_argument(0);
            program.if_not_equal(AF_UNIX, deny);
            // A datagram needs no connect() to be sent to anyone: the system's log, for one.
            program.load_argument(1);
            program.keep_bits(0xf);
            program.if_not_equal(SOCK_STREAM, deny);
        });
    }
    // Of others than itself, who may run as the same user.
    program.for_call(SYS_prlimit64, [&] {
        program.load_argument(0);
        program.if_not_equal(0, deny);
    });
    // Types into the terminal of whoever drills by hand.
    program.for_call(SYS_ioctl, [&] {
        program.load_argument(1);
        program.if_equal(TIOCSTI, deny);
        program.if_equal(TIOCLINUX, deny);
    });
    program.answer(allow);
    return program.take();
}

bool enter_seccomp(const std::vector<sock_filter>& program) {
    const sock_fprog filter{
        static_cast<unsigned short>(program.size()), const_cast<sock_filter*>(program.data())};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0;
}

}  // namespace backupwatch
