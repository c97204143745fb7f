#pragma once
#include "async/task.hpp"
#include "report/restore_text.hpp"
#include "watch/world.hpp"

#include <string>

namespace backupwatch {

/// Keeps the report of a restore in `state_dir/restores/DATABASE/`, since nobody thinks of it in
/// the worst hour. Returns where it lies, or why it does not: no restore fails by it.
Task<std::string> keep_restore_report(World& world, std::string database, std::string text);

}  // namespace backupwatch
