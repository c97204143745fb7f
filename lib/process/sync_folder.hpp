#pragma once
#include <filesystem>

namespace backupwatch {

/// Makes durable which names a folder holds. A file system that cannot sync a folder, and says so,
/// has nothing to make durable. Blocks. Throws Failure.
void sync_folder(const std::filesystem::path& folder);

/// Makes durable a folder and all files and folders below it, and nothing else of the volume, which
/// may have gigabytes to write of what others do. Blocks. Throws Failure and std::exception.
void sync_tree(const std::filesystem::path& folder);

}  // namespace backupwatch
