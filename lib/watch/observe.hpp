#pragma once
#include "async/task.hpp"
#include "store/store.hpp"
#include "watch/world.hpp"

namespace backupwatch {

/// Looks at a set and adds to `outcome` what was seen: findings, the backups listed, the time. What
/// the outcome already holds (a failed dump, a drill, what retention removed) counts as seen.
Task<Outcome> observe(World& world, WatchedSet& set, Outcome outcome);

}  // namespace backupwatch
