#include "process/process_table.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace backupwatch {
namespace {

struct Row {
    char state = 'X';
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
    pid_t parent = 0;
    fields >> row.state >> parent >> row.group;
    return row;
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

}  // namespace backupwatch
