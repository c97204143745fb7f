#pragma once
#include "async/task.hpp"
#include "core/progress.hpp"
#include "core/time/slot_result.hpp"
#include "drill/report.hpp"
#include "store/store.hpp"
#include "watch/world.hpp"

#include <exception>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// The slot that a piece of work belongs to; none: a person asked for it.
using SlotOf = std::optional<Outcome::Slot>;

/// Looks at a set now: lists it, checks it, commits the findings. A source that cannot be read is a
/// finding, not a Failure. Throws only what World::commit throws.
Task<std::vector<Finding>> look(World& world, WatchedSet& set, SlotOf slot = {});

/// How a dump went: what is recorded of it is.
struct Taken {
    std::optional<Backup> backup;
    std::exception_ptr failed;  ///< the last try's Failure, where there is no backup
};

/// Takes a dump now, lets go what retention lets go, and looks. With a slot: up to three tries
/// within `grace`, and what failed becomes an entry of the inventory; by hand one try that,
/// failing, opens and counts nothing. Not getting its turn is a failure too. Throws only what
/// World::commit throws: then nothing is recorded, and the slot is open still.
Task<Taken> take(
    World& world, WatchedSet& set, TakeRequest request, SlotOf slot, ProgressSink progress
);

/// The entry of the inventory for a slot whose dump failed and left nothing in the folder.
Backup failed_entry(
    Instant started, Instant failed, const std::string& error, const std::string& cause = {}
);

/// By hand: drills a backup (no id: the newest one), records it, and looks.
/// Throws Failure::missing where there is none, and what World::commit throws.
Task<DrillReport> drill(World& world, WatchedSet& set, std::string id, ProgressSink progress);

/// Drills the newest completed backup, and closes the slot with the result. That it could not be
/// begun is recorded too, and told as `unknown`. Throws only what World::commit throws: then the
/// slot is open still.
Task<SlotResult> drill_on_schedule(World& world, WatchedSet& set, Outcome::Slot slot);

/// Whether read_on() may have anything to do.
bool may_read_on(const WatchedSet& set);

/// Waits for what the last look could not read to its end, and looks again each minute, for as long
/// as more is read: reading alone stops where the state has to keep first what was found. Ends
/// where another world has taken the place of this one. Throws what the source and World::commit
/// throw.
Task<> read_on(World& world, WatchedSet& set);

/// Whether pay_drill() may have anything to do, as far as can be told without the state.
bool may_owe_drill(const World& world, const WatchedSet& set);

/// Drills what `drill: when: after_backup` owes now, if anything, unless a drill of the set runs or
/// waits already. What is owed is asked again when its turn has come, and left to the world that
/// took the place of this one meanwhile. It is begun durably, at most three times for each backup;
/// then it is recorded as interrupted, or stays as it was told last.
Task<> pay_drill(World& world, WatchedSet& set);

/// Why a drill that was begun three times and never ended has no verdict.
inline constexpr const char* interrupted_drill =
    "interrupted three times: backupwatch was ended in the midst of it; look for \"out of memory\" "
    "in the kernel's log";

/// Closes the slot of a drill by schedule that has no verdict, and records why it has none as a
/// drill that could not be run. Without a completed backup there is nothing to give a verdict on.
/// Throws what World::commit throws.
Task<> close_unrun(World& world, WatchedSet& set, Outcome::Slot slot, std::string why);

SlotResult slot_result(DrillOutcome::Result result);

/// Closes a slot whose work could not even be recorded as done, so that it is not begun again.
/// Where the store refuses that too, it stays open and is begun again.
Task<> close_slot(World& world, StreamKey stream, Instant slot, SlotResult result);

/// What all databases of its server take, in bytes: a disk of source `database`.
Task<std::uint64_t> size_of_all_databases(const Secret& url, Duration limit);

/// Reads how full a database's disk is, checks it, commits the finding.
Task<Finding> poll_disk(World& world, WatchedDatabase& database);

/// The volumes that we ourselves write to, and our state, under the database name `backupwatch`.
Task<std::vector<Finding>> watch_ourselves(World& world);

}  // namespace backupwatch
