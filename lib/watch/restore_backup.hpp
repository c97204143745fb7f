#pragma once
#include "async/task.hpp"
#include "core/backup/choice.hpp"
#include "core/progress.hpp"
#include "drill/restore.hpp"
#include "watch/world.hpp"

#include <sys/types.h>

#include <optional>
#include <string>

namespace backupwatch {

/// What a person wants to have restored on the day.
struct RestoreRequest {
    BackupChoice choice;
    std::string into;  ///< a name in `restore_targets`
    uid_t asked_by = 0;
};

/// The same, looked up: nothing of it is done.
struct PlannedRestore {
    RestoreJob job;
    std::optional<DrillRecord> drill;  ///< the last that said anything of the backup
    RestoreOutlook outlook;
};

/// Changes nothing. Throws Failure: usage where there is no such target, missing where there is no
/// such backup, and what Restorer::look throws.
Task<PlannedRestore> prepare_restore(World& world, WatchedSet& set, RestoreRequest request);

/// In the turn of the set where that is free: whoever restores on the day waits for no dump and no
/// drill, and nothing of the set is removed meanwhile. Throws what Restorer::run throws.
Task<DrillReport> restore_backup(
    World& world, WatchedSet& set, PlannedRestore plan, uid_t asked_by, ProgressSink progress
);

}  // namespace backupwatch
