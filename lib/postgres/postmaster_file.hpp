#pragma once
#include <sys/types.h>

#include <filesystem>
#include <optional>

namespace backupwatch {

/// What a server says of itself in postmaster.pid.
struct PostmasterFile {
    pid_t pid = 0;
    int shared_memory = -1;  ///< its System V segment
    bool is_ready = false;
};

/// Nothing if there is no such file, or not yet a whole line. Blocking.
std::optional<PostmasterFile> read_postmaster_file(const std::filesystem::path& data);

}  // namespace backupwatch
