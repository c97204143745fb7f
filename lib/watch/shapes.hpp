#pragma once
#include "async/task.hpp"
#include "watch/world.hpp"

#include <set>
#include <string>

namespace backupwatch {

/// Compares the dumps that came since the last time with those before them, into the set's memory
/// and the state. What cannot be read is said there (`shape_error`), and tried again the next time.
Task<> compare_shapes(World& world, WatchedSet& set, Inventory inventory, Instant now);

/// Ids of the dumps that have what those after them lack, and of the newest that was compared.
/// Throws Failure where that is not known.
std::set<std::string> held_for_shape(const WatchedSet& set);

/// What the newest dump lacks is meant to be gone. Returns what was accepted. Throws what the store
/// throws, and then nothing is.
Task<ShapeJudgement> accept_shape(World& world, WatchedSet& set);

}  // namespace backupwatch
