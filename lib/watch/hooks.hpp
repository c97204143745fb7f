#pragma once
#include "async/task.hpp"
#include "core/backup/hook.hpp"
#include "watch/world.hpp"

#include <optional>
#include <set>
#include <string>

namespace backupwatch {

/// A backup that was just taken is owed to the program of `after_backup`; none: the set has none.
std::optional<HookRun> owe_hook(World& world, WatchedSet& set, const Backup& backup);

/// What the state knows of what is handed over, into the set's memory; and what that knows better,
/// since the state refused it, into the state. Throws what the store throws.
Task<> recall_hook_runs(World& world, WatchedSet& set);

/// Ids of the backups that are to be handed over, or are being handed over now: they stay.
std::set<std::string> held_for_hook(const WatchedSet& set);

/// Whether pay_hooks() may have anything to do, as far as can be told without the state.
bool may_owe_hook(const WatchedSet& set);

/// Runs the program for each backup that it is owed, the oldest first, unless it runs for this set
/// already, here or in another process. One whose run was interrupted is handed over once more. How
/// each ended is recorded, and looked at. Throws only what World::commit throws.
Task<> pay_hooks(World& world, WatchedSet& set);

/// The same by hand, until it is over for that backup; none: it is not, after as long as it may
/// take.
Task<std::optional<HookRun>> hand_over(World& world, WatchedSet& set, std::string backup_id);

}  // namespace backupwatch
