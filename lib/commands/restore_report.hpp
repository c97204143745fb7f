#pragma once
#include "async/task.hpp"
#include "report/restore_text.hpp"
#include "watch/world.hpp"

#include <filesystem>
#include <string>

namespace backupwatch {

/// Where that of a restore which is over now lies: in `state_dir/restores/DATABASE/`.
std::filesystem::path restore_report_file(const World& world, const std::string& database);

/// Keeps the report of a restore, since nobody thinks of it in the worst hour; in the place of what
/// was kept there before. Returns where it lies, or why it does not: no restore fails by it.
Task<std::string> keep_restore_report(World& world, std::filesystem::path file, std::string text);

}  // namespace backupwatch
