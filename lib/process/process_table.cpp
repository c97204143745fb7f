#include "process/process_table.hpp"

#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace backupwatch {
namespace {

/// `pid (name) state parent group …`; a name may hold anything, brackets and spaces included.
bool runs_in_group(pid_t pid, pid_t group) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(file, text);
    const auto name_end = text.rfind(')');
    if (name_end == text.npos) return false;
    std::istringstream fields(text.substr(name_end + 1));
    char state = 0;
    pid_t parent = 0;
    pid_t its_group = 0;
    fields >> state >> parent >> its_group;
    return its_group == group && state != 'Z' && state != 'X';
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
        if (runs_in_group(pid, group)) return true;
    }
    return false;
}

}  // namespace backupwatch
