#pragma once
#include "core/time/slots.hpp"

#include <optional>

namespace backupwatch {

/// What to do about the drill that a backup owes; nothing set: it was given up before.
struct DrillSlotDecision {
    std::optional<DueSlot> begin;  ///< open this slot, then drill
    /// It was begun three times and never ended: close its slot, with a verdict that says so.
    bool interrupted = false;
    /// The slot of an older backup, open still: nobody will work it any more. Close it.
    std::optional<Instant> superseded;
};

/// Pure. A drill that follows a backup has no scheduled time: the identity of its slot is the
/// instant at which the backup was begun. It stays open until the backup is judged or given up, so
/// each beginning counts as a try, however it ended, and a drill that takes us down with it is not
/// begun for ever.
DrillSlotDecision decide_drill_slot(const SlotHistory& history, Instant backup_started);

/// Whether a drill that could not be run is the last on its backup.
bool is_last_try(const DueSlot& slot);

}  // namespace backupwatch
