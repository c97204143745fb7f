#include "web/process_usage.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace backupwatch {
namespace {

/// The fields of /proc/self/stat from the third on, as proc(5) numbers them. The second, the
/// program's name, may hold spaces and parentheses.
class Stat {
  public:
    Stat() {
        std::ifstream file("/proc/self/stat");
        const std::string text(std::istreambuf_iterator<char>(file), {});
        const auto name_end = text.rfind(')');
        if (name_end == std::string::npos) return;
        std::istringstream rest(text.substr(name_end + 1));
        for (std::string field; rest >> field;) fields_.push_back(field);
    }
    double field(std::size_t number) const {
        const std::size_t index = number - 3;
        return index < fields_.size() ? std::stod(fields_[index]) : 0;
    }

  private:
    std::vector<std::string> fields_;
};

double boot_time() {
    std::ifstream file("/proc/stat");
    std::string word;
    double seconds = 0;
    while (file >> word) {
        if (word == "btime" && file >> seconds) break;
    }
    return seconds;
}

double open_files() {
    std::error_code error;
    const std::filesystem::directory_iterator files("/proc/self/fd", error);
    if (error) return 0;
    const auto count = std::distance(begin(files), end(files));
    return static_cast<double>(count - 1);  // without the one that listed them
}

double most_files() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur == RLIM_INFINITY) return std::numeric_limits<double>::infinity();
    return static_cast<double>(limit.rlim_cur);
}

}  // namespace

ProcessUsage process_usage() {
    const double ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    const double page = static_cast<double>(::sysconf(_SC_PAGESIZE));
    const Stat stat;
    ProcessUsage usage;
    usage.cpu_seconds = (stat.field(14) + stat.field(15)) / ticks;
    usage.threads = stat.field(20);
    usage.started_at = boot_time() + stat.field(22) / ticks;
    usage.resident_bytes = stat.field(24) * page;
    usage.open_files = open_files();
    usage.most_files = most_files();
    return usage;
}

}  // namespace backupwatch
