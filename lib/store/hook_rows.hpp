#pragma once
#include "core/backup/hook.hpp"
#include "store/database.hpp"

#include <string>
#include <vector>

namespace backupwatch {

// What is handed over to the program of `after_backup`, as rows. What writes is called within a
// transaction.

/// Takes it in unless more is known of that backup, and forgets what nobody is judged by any more.
void write_hook_run(
    Database& database, const std::string& name, const std::string& set, const HookRun& run
);
/// Oldest first.
std::vector<HookRun> read_hook_runs(
    Database& database, const std::string& name, const std::string& set
);

}  // namespace backupwatch
