#include "process/fence.hpp"

#include "process/descriptor.hpp"
#include "process/process.hpp"
#include "process/process_table.hpp"
#include "process/seccomp.hpp"
#include "support/fence_needs.hpp"
#include "support/loop.hpp"
#include "support/processes.hpp"
#include "support/temporary_folder.hpp"
#include "unit/process/shell.hpp"

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <mutex>
#include <thread>
#include <vector>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// What a script says of each thing that it tries: `ok`, or the name of the error.
constexpr const char* preamble = R"(
import ctypes, errno, os, resource, signal, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def say(name, work):
    try:
        work()
        print(name, "ok")
    except OSError as error:
        print(name, errno.errorcode[error.errno])
def call(*arguments):
    if libc.syscall(*[ctypes.c_long(value) for value in arguments]) < 0:
        raise OSError(ctypes.get_errno(), "")
us = os.getppid()
)";

class FencedChild : public testing::Test {
  protected:
    FencedChild() {
        fs::permissions(folder_.path(), fs::perms(0777));
        fs::create_directory(own_);
        fs::permissions(own_, fs::perms(0777));
        std::ofstream(secret_) << "a secret";
        fs::permissions(secret_, fs::perms(0666));
    }

    Command python(const std::string& script, Fence::Role role = Fence::Role::server) const {
        Command command{.program = "/usr/bin/python3"};
        command.arguments = {"-I", "-c", preamble + script, own_, secret_, folder_.path()};
        Fence fence;
        fence.role = role;
        fence.readable = {"/etc/ld.so.cache"};
        fence.executable = {"/usr", "/bin", "/lib", "/lib64"};
        fence.writable = {own_, "/dev/null"};
        fence.address_space = 1ull << 30;
        command.fence = std::move(fence);
        return command;
    }

    static pid_t stray_in(const fs::path& folder) {
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (!fs::exists(folder / "stray") && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::sleep_for(2ms);
        }
        pid_t stray = 0;
        std::ifstream(folder / "stray") >> stray;
        EXPECT_GT(stray, 0) << "nothing was started";
        return stray;
    }

    std::string output(Command command) {
        const Exit exit = run_on(loop_, run_process(std::move(command), 60s));
        EXPECT_TRUE(exit.ok()) << describe(exit);
        return exit.output;
    }

    /// The same for whoever it runs as.
    void expect_output(Command command, const std::string& expected) {
        EXPECT_EQ(output(command), expected);
        if (::geteuid() != 0) return;
        command.user = User{65534, 65534};
        EXPECT_EQ(output(std::move(command)), expected) << "as nobody";
    }

    TemporaryFolder folder_;
    const fs::path own_ = folder_ / "own";
    const fs::path secret_ = folder_ / "secret";
    asio::io_context loop_{1};
};

TEST_F(FencedChild, has_no_socket_but_streams_of_unix) {
    if (!fence_abilities().seccomp) GTEST_SKIP() << no_filter;
    const Command command = python(R"(
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET):
    say(family.name, lambda: socket.socket(family, socket.SOCK_DGRAM))
say("TCP", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
say("datagram", lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
say("pair", lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
say("stream", lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM))
)");

    expect_output(
        command,
        "AF_INET EPERM\nAF_INET6 EPERM\nAF_NETLINK EPERM\nAF_PACKET EPERM\nTCP EPERM\n"
        "datagram EPERM\npair EPERM\nstream ok\n"
    );
}

class ListeningSocket {
  public:
    explicit ListeningSocket(const std::string& name) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        name.copy(address.sun_path, sizeof address.sun_path - 1);
        // With a NUL for its first letter it is in no folder.
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
        const bool in_folder = name[0] != '\0';
        EXPECT_TRUE(!in_folder || ::chmod(name.c_str(), 0777) == 0);
        EXPECT_EQ(::listen(socket_.get(), 9), 0);
    }

    int callers() const {
        int count = 0;
        pollfd ready{socket_.get(), POLLIN, 0};
        while (::poll(&ready, 1, 0) == 1) {
            const Descriptor caller(::accept(socket_.get(), nullptr, nullptr));
            ++count;
        }
        return count;
    }

  private:
    Descriptor socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

constexpr const char* connect_to_both = R"(
def connect(name):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller: caller.connect(name)
say("folder", lambda: connect(sys.argv[3] + "/listener"))
say("abstract", lambda: connect("\0backupwatch-" + sys.argv[3]))
)";

std::string abstract_name(const TemporaryFolder& folder) {
    return std::string(1, '\0') + "backupwatch-" + folder.path().string();
}

TEST_F(FencedChild, connects_to_nobody_as_a_server) {
    if (!fence_abilities().seccomp) GTEST_SKIP() << no_filter;
    const ListeningSocket in_folder(folder_ / "listener");
    const ListeningSocket abstract(abstract_name(folder_));

    expect_output(python(connect_to_both, Fence::Role::server), "folder EPERM\nabstract EPERM\n");

    EXPECT_EQ(in_folder.callers(), 0);
    EXPECT_EQ(abstract.callers(), 0);
}

TEST_F(FencedChild, connects_to_what_lies_in_a_folder_alone_as_a_client) {
    if (fence_abilities().landlock < 6) GTEST_SKIP() << no_scopes;
    const ListeningSocket in_folder(folder_ / "listener");
    const ListeningSocket abstract(abstract_name(folder_));

    expect_output(python(connect_to_both, Fence::Role::client), "folder ok\nabstract EPERM\n");

    EXPECT_EQ(in_folder.callers(), ::geteuid() == 0 ? 2 : 1);
    EXPECT_EQ(abstract.callers(), 0);
}

TEST_F(FencedChild, sees_and_changes_no_file_but_its_own) {
    if (fence_abilities().landlock < 3) GTEST_SKIP() << no_file_fence;
    const Command command = python(R"(
own, secret, folder = sys.argv[1:4]
say("read", lambda: open(secret).read())
say("list", lambda: os.listdir(folder))
say("write", lambda: open(secret, "w"))
say("cut short", lambda: os.truncate(secret, 0))
say("remove", lambda: os.remove(secret))
say("move", lambda: os.rename(secret, own + "/mine"))
say("link", lambda: os.link(secret, own + "/mine"))
os.symlink(secret, own + "/link")
say("through a link", lambda: open(own + "/link").read())
say("our environment", lambda: open(f"/proc/{us}/environ").read())
say("our memory", lambda: open(f"/proc/{us}/mem").read())
say("passwords", lambda: open("/etc/shadow").read())
say("disk", lambda: os.mknod(own + "/disk", 0o60600, os.makedev(8, 0)))
with open(os.open(own + "/script", os.O_CREAT | os.O_WRONLY, 0o700), "w") as file:
    file.write("#!/bin/sh\n")
say("own program", lambda: os.execv(own + "/script", ["script"]))
os.mkdir(own + "/deeper")
os.rename(own + "/script", own + "/deeper/script")
os.truncate(own + "/deeper/script", 1)
say("own file", lambda: open(own + "/deeper/script").read())
for name in ("link", "deeper/script", "deeper"):
    os.rmdir(own + "/" + name) if name == "deeper" else os.remove(own + "/" + name)
)");

    expect_output(
        command,
        "read EACCES\nlist EACCES\nwrite EACCES\ncut short EACCES\nremove EACCES\nmove EACCES\n"
        "link EXDEV\nthrough a link EACCES\nour environment EACCES\nour memory EACCES\n"
        "passwords EACCES\ndisk EACCES\nown program EACCES\nown file ok\n"
    );
    EXPECT_EQ(fs::file_size(secret_), 8u);
}

TEST_F(FencedChild, changes_no_attribute_of_a_file_not_even_where_it_seems_to) {
    if (!fence_abilities().seccomp) GTEST_SKIP() << no_filter;
    fs::last_write_time(secret_, fs::file_time_type::clock::now() - 24h);
    const auto before = fs::last_write_time(secret_);
    const Command command = python(R"(
own, secret, folder = sys.argv[1:4]
say("mode", lambda: os.chmod(secret, 0))
say("mode of the folder", lambda: os.chmod(folder, 0))
say("owner", lambda: os.chown(secret, os.getuid(), os.getgid()))
say("time", lambda: os.utime(secret))
say("attribute", lambda: os.setxattr(secret, "user.x", b"x"))
)");

    expect_output(command, "mode ok\nmode of the folder ok\nowner ok\ntime ok\nattribute EPERM\n");
    EXPECT_EQ(fs::status(secret_).permissions(), fs::perms(0666));
    EXPECT_EQ(fs::status(folder_.path()).permissions(), fs::perms(0777));
    EXPECT_EQ(fs::last_write_time(secret_), before);
}

TEST_F(FencedChild, leaves_no_memory_and_no_message_behind) {
    if (!fence_abilities().seccomp) GTEST_SKIP() << no_filter;
    const Command command = python(R"(
say("small", lambda: call(29, 0, 56, 0o1600))
say("big", lambda: call(29, 0, 1 << 20, 0o1600))
say("huge", lambda: call(29, 0, 1 << 32, 0o1600))
say("messages", lambda: call(68, 0, 0o1600))
)");

    if (SYS_shmget != 29 || SYS_msgget != 68) GTEST_SKIP() << "their numbers are of x86_64";
    expect_output(command, "small ok\nbig EPERM\nhuge EPERM\nmessages EPERM\n");
}

TEST_F(FencedChild, signals_its_own_and_not_us) {
    if (fence_abilities().landlock < 6) GTEST_SKIP() << no_scopes;
    const Command command = python(R"(
say("signal", lambda: os.kill(us, 0))
child = os.fork()
if child == 0: signal.pause()
say("its own child", lambda: os.kill(child, signal.SIGKILL))
os.waitpid(child, 0)
)");

    expect_output(command, "signal EPERM\nits own child ok\n");
}

TEST_F(FencedChild, neither_traces_nor_limits_us_nor_signals_us_by_other_calls) {
    if (!fence_abilities().seccomp) GTEST_SKIP() << no_filter;
    std::string script = R"(
say("signal by queue", lambda: call(@queue@, us, 0, 0))
say("trace", lambda: call(@trace@, 16, us, 0, 0))
say("read", lambda: call(@read@, us, 0, 0, 0, 0, 0))
say("limit", lambda: resource.prlimit(us, resource.RLIMIT_NOFILE, (10, 10)))
say("its own limits", lambda: resource.prlimit(0, resource.RLIMIT_NOFILE))
say("priority", lambda: os.setpriority(os.PRIO_PROCESS, us, 19))
say("processors", lambda: os.sched_setaffinity(us, {0}))
)";
    for (const auto& [name, number] :
         {std::pair("@queue@", SYS_rt_sigqueueinfo),
          std::pair("@trace@", SYS_ptrace),
          std::pair("@read@", SYS_process_vm_readv)}) {
        script.replace(script.find(name), std::string(name).size(), std::to_string(number));
    }

    expect_output(
        python(script),
        "signal by queue EPERM\ntrace EPERM\nread EPERM\nlimit EPERM\n"
        "its own limits ok\npriority EPERM\nprocessors EPERM\n"
    );
}

TEST_F(FencedChild, reaches_no_part_of_the_kernel_that_leads_out) {
    if (!fence_abilities().seccomp) GTEST_SKIP() << no_filter;
    const struct {
        const char* name;
        long number;
        long argument;
        const char* error;
    } cases[] = {
        {"unshare", SYS_unshare, CLONE_NEWUSER, "EPERM"},
        {"setns", SYS_setns, -1, "EPERM"},
        {"clone", SYS_clone, CLONE_NEWUSER | SIGCHLD, "EPERM"},
        {"clone3", SYS_clone3, 0, "ENOSYS"},
        {"io_uring", SYS_io_uring_setup, 1, "EPERM"},
        {"bpf", SYS_bpf, 0, "EPERM"},
        {"perf", SYS_perf_event_open, 0, "EPERM"},
        {"keys", SYS_keyctl, 0, "EPERM"},
        {"userfaultfd", SYS_userfaultfd, 0, "EPERM"},
        {"by handle", SYS_open_by_handle_at, -1, "EPERM"},
        {"mount", SYS_mount, 0, "EPERM"},
        {"module", SYS_finit_module, -1, "EPERM"},
#if defined(__x86_64__)
        {"x32", 0x40000000 | SYS_getpid, 0, "EPERM"},
#endif
    };
    std::string script;
    std::string expected;
    for (const auto& [name, number, argument, error] : cases) {
        script += "say(\"" + std::string(name) + "\", lambda: call(" + std::to_string(number) +
                  ", " + std::to_string(argument) + ", 0, 0, 0, 0))\n";
        expected += std::string(name) + " " + error + "\n";
    }
    // TIOCSTI types into the terminal of whoever drills by hand.
    script += R"(
say("terminal", lambda: call(@ioctl@, 0, 0x5412, 0))
import threading
worker = threading.Thread(target=lambda: print("thread ok"))
worker.start(); worker.join()
)";
    script.replace(script.find("@ioctl@"), 7, std::to_string(SYS_ioctl));

    expect_output(python(script), expected + "terminal EPERM\nthread ok\n");
}

/// What the kernel would do with this call.
std::uint32_t answer_to(const seccomp_data& call, const std::vector<sock_filter>& program) {
    std::uint32_t value = 0;
    for (std::size_t at = 0;; ++at) {
        const sock_filter& step = program.at(at);
        bool is_so = false;
        switch (step.code) {
            case BPF_LD | BPF_W | BPF_ABS:
                std::memcpy(&value, reinterpret_cast<const char*>(&call) + step.k, sizeof value);
                continue;
            case BPF_ALU | BPF_AND | BPF_K:
                value &= step.k;
                continue;
            case BPF_RET | BPF_K:
                return step.k;
            case BPF_JMP | BPF_JEQ | BPF_K:
                is_so = value == step.k;
                break;
            case BPF_JMP | BPF_JSET | BPF_K:
                is_so = (value & step.k) != 0;
                break;
            default:
                ADD_FAILURE() << "an instruction of another kind: " << step.code;
                return 0;
        }
        at += is_so ? step.jt : step.jf;
    }
}

TEST(SeccompProgram, denies_every_call_by_the_numbers_of_another_architecture) {
    const auto program = seccomp_program(Fence::Role::client);
    seccomp_data call{};
    call.nr = SYS_read;
    constexpr std::uint32_t architectures[] = {
        AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64, AUDIT_ARCH_I386};
    for (const std::uint32_t arch : architectures) {
        call.arch = arch;
#if defined(__x86_64__)
        const bool is_ours = arch == AUDIT_ARCH_X86_64;
#else
        const bool is_ours = arch == AUDIT_ARCH_AARCH64;
#endif
        const std::uint32_t answer = is_ours ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | EPERM;
        EXPECT_EQ(answer_to(call, program), answer) << arch;
    }
}

TEST_F(FencedChild, takes_no_more_of_the_disk_at_once_than_it_writes) {
    if (!fence_abilities().seccomp) GTEST_SKIP() << no_filter;
    Command command = python(R"(
file = os.open(sys.argv[1] + "/file", os.O_RDWR | os.O_CREAT)
say("at once", lambda: call(@fallocate@, file, 0, 0, 1 << 20))
say("through libc", lambda: os.posix_fallocate(file, 0, 1 << 20))
print(os.fstat(file).st_size)
os.remove(sys.argv[1] + "/file")
)");
    std::string& script = command.arguments[2];
    script.replace(script.find("@fallocate@"), 11, std::to_string(SYS_fallocate));

    expect_output(command, "at once ENOTSUP\nthrough libc ok\n1048576\n");
}

TEST_F(FencedChild, stays_within_its_limits) {
    const Command command = python(R"(
print("core", resource.getrlimit(resource.RLIMIT_CORE))
print("files", resource.getrlimit(resource.RLIMIT_NOFILE)[1] <= 4096)
print("nice", os.getpriority(os.PRIO_PROCESS, 0) >= 5)
try:
    memory = bytearray(1 << 30)
    print("all of it")
except MemoryError:
    print("no memory")
)");

    expect_output(command, "core (0, 0)\nfiles True\nnice True\nno memory\n");
}

TEST_F(FencedChild, waits_for_the_disk_behind_others_as_does_all_that_it_starts) {
    std::string script = R"(
def show(who):
    priority = libc.syscall(ctypes.c_long(@ioprio_get@), 1, 0)
    print(who, "class", priority >> 13, "level", priority & 7, flush=True)
show("child")
if os.fork() == 0:
    show("grandchild")
    os._exit(0)
os.wait()
)";
    const std::string name = "@ioprio_get@";
    script.replace(script.find(name), name.size(), std::to_string(SYS_ioprio_get));

    // Best effort, and the last of it.
    expect_output(python(script), "child class 2 level 7\ngrandchild class 2 level 7\n");
}

TEST_F(FencedChild, is_the_first_that_a_kernel_without_memory_ends) {
    Command command = python("print('here', file=sys.stderr, flush=True); signal.pause()");
    bool is_here = false;
    command.on_error_line = [&](std::string_view) { is_here = true; };
    if (::geteuid() == 0) command.user = User{65534, 65534};

    const auto child = start_process(loop_.get_executor(), std::move(command));
    while (!is_here) loop_.run_one_for(100ms);

    int score = 0;
    std::ifstream("/proc/" + std::to_string(child->pid()) + "/oom_score_adj") >> score;
    EXPECT_EQ(score, 1000);
}

/// Starts one that leaves its group, its folder and its parent, and that writes its number into a
/// file; then it does `rest`.
std::string with_a_stray(const std::string& rest) {
    return R"(
file = sys.argv[1] + "/stray"
if os.fork() == 0:
    if os.fork() == 0:
        os.setsid()
        os.chdir("/")
        with open(file + ".new", "w") as new: new.write(str(os.getpid()))
        os.rename(file + ".new", file)
        signal.pause()
    os._exit(0)
os.wait()
while not os.path.exists(file): pass
)" + rest;
}

TEST_F(FencedChild, takes_all_that_came_of_it_with_it_when_it_is_ended) {
    if (!fence_abilities().keeper) GTEST_SKIP() << no_keeper;
    const auto child = start_process(loop_.get_executor(), python(with_a_stray("signal.pause()")));
    const pid_t stray = stray_in(own_);
    EXPECT_TRUE(is_alive(stray));

    run_on(loop_, child->end(SIGKILL, 5s));

    EXPECT_FALSE(is_alive(stray));
    EXPECT_EQ(run_on(loop_, child->wait()).signal, SIGKILL);
}

TEST_F(FencedChild, takes_all_that_came_of_it_with_it_when_it_ends) {
    if (!fence_abilities().keeper) GTEST_SKIP() << no_keeper;
    for (const auto& [end, expected] :
         {std::pair("os._exit(7)", "exit code 7"),
          std::pair("os.abort()", "ended by signal 6 (Aborted)")}) {
        fs::remove(own_ / "stray");
        const Exit exit = run_on(loop_, run_process(python(with_a_stray(end)), 60s));

        EXPECT_EQ(describe(exit), expected);
        EXPECT_FALSE(is_alive(stray_in(own_)));
    }
}

TEST_F(FencedChild, takes_all_that_came_of_it_with_it_when_we_are_killed) {
    if (!fence_abilities().keeper) GTEST_SKIP() << no_keeper;
    const Command command = python(with_a_stray("signal.pause()"));
    const pid_t daemon = ::fork();
    if (daemon == 0) {
        asio::io_context loop(1);
        const auto child = start_process(loop.get_executor(), command);
        loop.run();
        ::_exit(0);
    }
    const pid_t stray = stray_in(own_);
    EXPECT_TRUE(is_alive(stray));

    ::kill(daemon, SIGKILL);
    ::waitpid(daemon, nullptr, 0);

    EXPECT_TRUE(is_gone_within(stray, 5s));
}

}  // namespace
}  // namespace backupwatch
