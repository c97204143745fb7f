#pragma once
#include "async/task.hpp"
#include "store/store.hpp"
#include "watch/world.hpp"

#include <vector>

namespace backupwatch {

/// Looks at a set, adds to `outcome` what was seen, and commits it. What the outcome already holds
/// (a failed dump, a drill, what retention removed) counts as seen, in whatever look comes back
/// first. Of several looks at a time none is judged that began before one that was judged already.
/// Returns and throws what World::commit does.
Task<std::vector<Finding>> look_and_commit(World& world, WatchedSet& set, Outcome outcome);

}  // namespace backupwatch
