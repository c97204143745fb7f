#pragma once
#include "core/backup/choice.hpp"
#include "core/failure.hpp"
#include "core/progress.hpp"
#include "watch/world.hpp"

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

namespace backupwatch {

/// What a person wants to look into.
struct OpenRequest {
    BackupChoice choice;
    std::string table;  ///< that it must have; empty: they do not know yet
    Duration hold{};
    uid_t asked_by = 0;
};

/// A backup that lies open.
struct OpenedBackup {
    const Backup& backup;
    /// A newer one that was passed over, since it is not known to be whole; null: there is none.
    const Backup* damaged = nullptr;
    /// Of the last drill of it that said anything of it.
    std::optional<DrillRecord> drill;
    const Sandbox& sandbox;
    const Source::Restored& restored;
    Instant until;
};

/// That a set has no backup of that id, or from before that moment.
Failure nothing_to_open(
    const WatchedSet& set, const Inventory& inventory, const BackupChoice& choice
);

/// What the state holds of its drills, the last that said anything; a state that refuses is told by
/// its own check.
Task<std::optional<DrillRecord>> last_drill_of(World& world, WatchedSet& set, Backup backup);

/// Restores a backup in the turn of a drill, as one does, and shows it; from then on it takes
/// nobody's turn. Goes on until `hold` is over, or a cancellation, and leaves nothing. No finding,
/// no incident and no verdict comes of it. Throws Failure: missing where there is no such backup,
/// exhausted where too many lie open, and what Driller::open throws.
using ShowOpened = std::function<Task<>(const OpenedBackup&)>;
Task<> open_backup(
    World& world, WatchedSet& set, OpenRequest request, ProgressSink progress, ShowOpened show
);

}  // namespace backupwatch
