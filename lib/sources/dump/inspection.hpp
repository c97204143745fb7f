#pragma once
#include "core/backup/manifest.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// What is wrong with a dump's folder by the names and sizes of what lies in it: a file that is
/// missing, empty, cut short, too long or not of the dump, in one sentence. Reads no file.
/// Blocking.
std::optional<std::string> find_damage(
    const std::filesystem::path& folder, const std::vector<FileEntry>& files
);

/// The manifest of the dump in `folder`, checked against itself. Throws Failure (corrupt;
/// missing: there is no such dump).
/// Blocking.
Manifest read_manifest(const std::filesystem::path& folder);

}  // namespace backupwatch
