#include "process/process_table.hpp"

#include "process/descriptor.hpp"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

constexpr auto descendants_limit = 5s;

struct Row {
    char state = 'X';
    pid_t parent = 0;
    pid_t group = 0;

    bool runs() const { return state != 'Z' && state != 'X'; }
};

/// `pid (name) state parent group …`; a name may hold anything, brackets and spaces included. One
/// that is gone has the state X.
Row row_of(pid_t pid) {
    Row row;
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(file, text);
    const auto name_end = text.rfind(')');
    if (name_end == text.npos) return row;
    std::istringstream fields(text.substr(name_end + 1));
    fields >> row.state >> row.parent >> row.group;
    return row;
}

/// A process that starts nothing, for as long as this is there.
class Stopped {
  public:
    explicit Stopped(pid_t pid) : pid_(pid) { ::kill(pid_, SIGSTOP); }
    ~Stopped() { ::kill(pid_, SIGCONT); }
    Stopped(const Stopped&) = delete;
    Stopped& operator=(const Stopped&) = delete;

  private:
    pid_t pid_;
};

/// By pidfd, asking once more: the number may have passed to someone else meanwhile.
void signal_if_below(pid_t pid, pid_t ancestor, const std::set<pid_t>& others, int signal) {
    const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    const pid_t parent = row_of(pid).parent;
    if (!process || (parent != ancestor && !others.contains(parent))) return;
    ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0);
}

/// Those that run, the ancestor not among them.
std::set<pid_t> descendants_of(pid_t ancestor) {
    std::multimap<pid_t, std::pair<pid_t, Row>> by_parent;
    for (const pid_t pid : all_processes()) {
        const Row row = row_of(pid);
        by_parent.emplace(row.parent, std::pair(pid, row));
    }
    std::set<pid_t> found;
    std::vector<pid_t> parents{ancestor};
    while (!parents.empty()) {
        const auto [first, last] = by_parent.equal_range(parents.back());
        parents.pop_back();
        for (auto child = first; child != last; ++child) {
            const auto& [pid, row] = child->second;
            parents.push_back(pid);
            if (row.runs()) found.insert(pid);
        }
    }
    return found;
}

}  // namespace

std::vector<pid_t> all_processes() {
    std::vector<pid_t> result;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        const char* end = name.data() + name.size();
        pid_t pid = 0;
        const auto parsed = std::from_chars(name.data(), end, pid);
        if (parsed.ec == std::errc{} && parsed.ptr == end) result.push_back(pid);
    }
    return result;
}

bool is_group_running(pid_t group) {
    if (::kill(-group, 0) != 0) return false;
    for (const pid_t pid : all_processes()) {
        const Row row = row_of(pid);
        if (row.group == group && row.runs()) return true;
    }
    return false;
}

bool works_in(pid_t pid, const std::filesystem::path& folder) {
    std::error_code unreadable;
    const auto link = "/proc/" + std::to_string(pid) + "/cwd";
    const std::string cwd = std::filesystem::read_symlink(link, unreadable);
    if (unreadable) return false;
    // The kernel marks a folder that was removed meanwhile.
    const std::string place = folder.string();
    return cwd == place || cwd == place + " (deleted)" || cwd.starts_with(place + "/");
}

std::uint64_t threads_of(uid_t user) {
    std::uint64_t sum = 0;
    for (const pid_t pid : all_processes()) {
        struct stat tasks {};
        const std::string folder = "/proc/" + std::to_string(pid) + "/task";
        // A folder has two links, and one more for each folder in it.
        if (::stat(folder.c_str(), &tasks) == 0 && tasks.st_uid == user) sum += tasks.st_nlink - 2;
    }
    return sum;
}

void kill_descendants(pid_t ancestor) {
    const Stopped stopped(ancestor);
    const auto deadline = std::chrono::steady_clock::now() + descendants_limit;
    for (auto found = descendants_of(ancestor); !found.empty(); found = descendants_of(ancestor)) {
        // Stopped first, so that fewer are started meanwhile than are found.
        for (const int signal : {SIGSTOP, SIGKILL}) {
            for (const pid_t pid : found) signal_if_below(pid, ancestor, found, signal);
        }
        if (std::chrono::steady_clock::now() >= deadline) break;
        // Whom nobody waits for here are gone a moment after they were killed.
        std::this_thread::sleep_for(2ms);
    }
}

}  // namespace backupwatch
