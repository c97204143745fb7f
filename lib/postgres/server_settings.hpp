#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace backupwatch {

/// What a server can be sized to.
struct Machine {
    unsigned cores = 1;
    std::uint64_t memory = 0;  ///< bytes; of the control group where that is less

    /// Blocking: reads /proc and /sys.
    static Machine ours();
};

/// Bytes of a throw-away server's buffers.
std::uint64_t shared_buffers(const Machine& machine);

/// The settings of a throw-away server, names and values: nothing on it need survive a crash,
/// nobody but us connects, and it shares the machine with others. For major 10 and newer.
std::vector<std::pair<std::string, std::string>> server_settings(
    int major, int jobs, const Machine& machine, const std::filesystem::path& socket_folder
);

}  // namespace backupwatch
