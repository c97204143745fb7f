#pragma once
#include "store/database.hpp"
#include "store/store.hpp"

namespace backupwatch {

// Streams and slots as rows. All are called within a transaction.

SlotHistory read_history(Database& database, const StreamKey& stream, Instant first_sight);
void open_slot(Database& database, const StreamKey& stream, const DueSlot& due, Instant now);
/// Throws Failure::rejected where it was closed before.
void close_slot(Database& database, const Outcome::Slot& closed, Instant now);

}  // namespace backupwatch
