#pragma once
#include "postgres/programs.hpp"
#include "postgres/server_settings.hpp"
#include "process/fence.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace backupwatch {

/// How the server of a drill is fenced, which runs what is in the dump: it sees PostgreSQL and what
/// that is built on, and changes nothing but its own folders.
Fence server_fence(
    const Installation& installation,
    std::vector<std::filesystem::path> own_folders,
    const Machine& machine
);

/// initdb: the same, but it may ask other processes who its user is. It runs nothing of a dump.
Fence initdb_fence(
    const Installation& installation, std::filesystem::path own_folder, const Machine& machine
);

/// Who loads the dump into that server: reads `folder`, writes nothing and starts no program (psql
/// has commands for both).
Fence loader_fence(
    const Installation& installation, std::filesystem::path folder, const Machine& machine
);

/// What of these fences cannot be had on this machine, a sentence each.
std::vector<std::string> sandbox_gaps();

/// What one process of a drill may map. Pure.
std::uint64_t drill_address_space(const Machine& machine);

}  // namespace backupwatch
