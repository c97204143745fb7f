#pragma once
#include "async/task.hpp"
#include "watch/world.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// What a source said, or why it did not.
struct Reading {
    std::int64_t number = 0;  ///< of the set's, in the order in which they began
    Instant at{};
    std::optional<Inventory> inventory;
    std::string error;
    std::string cause{};  ///< of that error, or empty
};

/// Asks the source of a set, and the state what it knows of the set, which is in its memory then.
/// What began before another reading that was judged meanwhile may not know what people were told
/// of that, and would undo it: it is read again. Neither that refuses is a Failure.
Task<Reading> read_set(World& world, WatchedSet& set);

/// How long each backup is owed. Who keeps them promises a number of them, one for each period, and
/// lets the last go when the next comes, or at some hour before.
Duration owed_for(const Inventory& inventory, const BackupSetSettings& settings);

/// Adds an entry, in the place of one with its id.
void note_entry(std::vector<Backup>& known, const Backup& entry);

}  // namespace backupwatch
