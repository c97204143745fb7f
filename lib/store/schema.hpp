#pragma once
#include "store/database.hpp"

#include <span>

namespace backupwatch {

/// What lies in the state, as the steps that lead there: step n brings version n-1 to n. A step
/// that was released is never edited; a change is a new step.
std::span<const char* const> schema_steps();

/// Brings the database from its version (0: nothing in it yet) to the last of `steps`, each step
/// whole or not at all. Throws Failure: rejected where it is newer than `steps`, corrupt where
/// something else than a state of ours lies there.
void bring_up_to_date(Database& database, std::span<const char* const> steps);

}  // namespace backupwatch
