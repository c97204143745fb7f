#pragma once
#include <filesystem>
#include <string>

namespace backupwatch {

/// What is kept of a file that shows something: its path and the SHA-256 of what it holds, so that
/// it can be told from another one later. Throws Failure where it cannot be read, or is larger than
/// 100 MB: nobody's evidence.
std::string evidence_in(const std::filesystem::path& file);

}  // namespace backupwatch
