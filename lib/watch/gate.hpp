#pragma once
#include "async/task.hpp"
#include "core/check/gate.hpp"
#include "watch/world.hpp"

#include <vector>

namespace backupwatch {

/// What `decide_gate` judges of these sets of one database, as it is known now: looks at nothing,
/// and asks the database alone whether somebody else dumps it. Throws what the store throws.
Task<GateFacts> gate_facts(World& world, std::string database, std::vector<WatchedSet*> sets);

}  // namespace backupwatch
