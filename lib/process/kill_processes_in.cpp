#include "core/failure.hpp"
#include "process/descriptor.hpp"
#include "process/process.hpp"
#include "process/process_table.hpp"

#include <sys/syscall.h>

#include <chrono>
#include <csignal>
#include <set>
#include <thread>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

constexpr auto limit = 5s;

std::set<pid_t> processes_in(const std::string& folder) {
    std::set<pid_t> found;
    for (const pid_t pid : all_processes()) {
        if (pid != ::getpid() && works_in(pid, folder)) found.insert(pid);
    }
    return found;
}

/// By pidfd, asking once more: the number may have passed to someone else meanwhile.
void kill_if_in(pid_t pid, const std::string& folder) {
    const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!process || !works_in(pid, folder)) return;
    ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
}

}  // namespace

int kill_processes_in(const std::filesystem::path& folder) {
    const std::string place = std::filesystem::weakly_canonical(folder);
    if (!place.starts_with('/') || place == "/") {
        throw Failure(Failure::Kind::internal, "cannot kill all processes in \"" + place + "\"");
    }
    std::set<pid_t> killed;
    const auto deadline = std::chrono::steady_clock::now() + limit;
    // Until none is found: one that is being killed may just have started another.
    for (auto found = processes_in(place); !found.empty(); found = processes_in(place)) {
        for (const pid_t pid : found) kill_if_in(pid, place);
        killed.merge(found);
        if (std::chrono::steady_clock::now() >= deadline) break;
        std::this_thread::sleep_for(2ms);
    }
    return static_cast<int>(killed.size());
}

}  // namespace backupwatch
