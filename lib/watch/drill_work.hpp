#pragma once
#include "async/semaphore.hpp"
#include "async/task.hpp"
#include "watch/work.hpp"
#include "watch/work_lock.hpp"

#include <string>

namespace backupwatch {

// What a drill by hand, by schedule, and one that a backup owes have in common.

/// What a set does that is being drilled.
inline constexpr const char* drilling = "drill";

/// What becomes of the slot of a drill that could not be run.
enum class Unknown { closes, is_tried_again };

/// The right to drill a set now.
struct DrillTurn {
    WorkLock lock;
    Semaphore::Place place;
};

/// The set's lock and a place among all drills, neither held while the other is waited for: a set
/// that is being dumped holds up no other set's drill, and a drill that waits for others' holds up
/// no dump of its set. `what` is shown as what the set does. Throws what WorkLock::acquire throws.
Task<DrillTurn> turn_to_drill(World& world, WatchedSet& set, std::string what = drilling);

/// As the set has it, of a backup of it.
DrillJob drill_job(const World& world, const WatchedSet& set, Backup backup);

/// No id: it has no completed backup at all.
Failure no_such_backup(const WatchedSet& set, const std::string& id);

/// In its turn: drills, records, and closes the slot with the result. Throws what World::commit
/// throws.
Task<SlotResult> drill_for_slot(
    World& world, WatchedSet& set, Backup backup, Outcome::Slot slot, Unknown unknown
);

/// What is recorded of a drill by schedule that has no verdict.
DrillRecord unrun_drill(
    const WatchedSet& set, const Backup& backup, const std::string& why, Instant now
);

}  // namespace backupwatch
