#pragma once
#include <filesystem>
#include <string>

namespace backupwatch {

/// Writes a file in a folder that is there: whole or not at all, since whoever needs it must not
/// find half of one. Blocking. Throws Failure.
void write_whole(const std::filesystem::path& file, const std::string& text);

/// The same in `state_dir/KIND/DATABASE/`, which is made, and readable for whoever gets that far:
/// it holds no secret, and is needed in a hurry.
void write_for_all(const std::filesystem::path& file, const std::string& text);

}  // namespace backupwatch
