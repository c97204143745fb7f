#pragma once
#include <filesystem>

namespace backupwatch {

/// Makes durable which names a folder holds. A file system that cannot sync a folder, and says so,
/// has nothing to make durable. Blocks. Throws Failure.
void sync_folder(const std::filesystem::path& folder);

}  // namespace backupwatch
