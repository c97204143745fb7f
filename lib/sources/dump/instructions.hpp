#pragma once
#include "core/backup/by_hand.hpp"
#include "core/backup/manifest.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace backupwatch {

/// The commands that restore a dump by hand into `database`, in its folder, on a machine with
/// nothing but zstd and PostgreSQL: those that a drill runs. `left_out` are entries of the archive,
/// `stubs` SQL that is run before it is restored.
std::vector<std::string> restore_commands(
    const Manifest& manifest,
    const std::string& database,
    int jobs,
    const std::set<int>& left_out = {},
    const std::vector<std::string>& stubs = {}
);

/// As a shell takes it: arguments in quotes where they need them.
std::string command_line(std::string program, const std::vector<std::string>& arguments);

/// The same for a person who begins with nothing but the dump's folder, which stays as it is.
/// Of a Supabase project's dump: into a new project.
ByHand restore_by_hand(const Manifest& manifest, const std::filesystem::path& folder, int jobs);

/// README.txt of a dump.
std::string instructions(const Manifest& manifest);

}  // namespace backupwatch
