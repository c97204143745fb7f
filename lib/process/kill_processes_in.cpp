#include "core/failure.hpp"
#include "process/descriptor.hpp"
#include "process/process.hpp"
#include "process/process_table.hpp"

#include <sys/syscall.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <set>
#include <string>
#include <thread>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

constexpr auto limit = 5s;

/// Whether its environment, as it was given, has that variable with that value. Not so for one that
/// we may not look at, that is a zombie, or that has just gone.
bool is_given(pid_t pid, const std::string& variable) {
    std::ifstream environment("/proc/" + std::to_string(pid) + "/environ", std::ios::binary);
    for (std::string entry; std::getline(environment, entry, '\0');) {
        if (entry == variable) return true;
    }
    return false;
}

template <class Is>
std::set<pid_t> processes_that(const Is& is_one) {
    std::set<pid_t> found;
    for (const pid_t pid : all_processes()) {
        if (pid != ::getpid() && is_one(pid)) found.insert(pid);
    }
    return found;
}

/// By pidfd, asking once more: the number may have passed to someone else meanwhile.
template <class Is>
void kill_if(pid_t pid, const Is& is_one) {
    const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!process || !is_one(pid)) return;
    ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
}

template <class Is>
int kill_all(const Is& is_one) {
    std::set<pid_t> killed;
    const auto deadline = std::chrono::steady_clock::now() + limit;
    // Until none is found: one that is being killed may just have started another.
    for (auto found = processes_that(is_one); !found.empty(); found = processes_that(is_one)) {
        for (const pid_t pid : found) kill_if(pid, is_one);
        killed.merge(found);
        if (std::chrono::steady_clock::now() >= deadline) break;
        // What is killed is there until it has been scheduled: to look at once would only keep it
        // from that.
        std::this_thread::sleep_for(2ms);
    }
    return static_cast<int>(killed.size());
}

}  // namespace

int kill_processes_in(const std::filesystem::path& folder) {
    const std::string place = std::filesystem::weakly_canonical(folder);
    if (!place.starts_with('/') || place == "/") {
        throw Failure(Failure::Kind::internal, "cannot kill all processes in \"" + place + "\"");
    }
    return kill_all([&](pid_t pid) { return works_in(pid, place); });
}

int kill_processes_given(const std::string& name, const std::string& value) {
    if (name.empty() || value.empty()) {
        throw Failure(Failure::Kind::internal, "cannot kill all processes");
    }
    const std::string variable = name + "=" + value;
    return kill_all([&](pid_t pid) { return is_given(pid, variable); });
}

}  // namespace backupwatch
