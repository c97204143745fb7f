#pragma once
#include "async/hanging_calls.hpp"
#include "async/task.hpp"
#include "core/time/time.hpp"
#include "process/workspace.hpp"

namespace backupwatch {

/// Removes the folder of a dump that failed, on a thread of its own, and never on the loop or on
/// the pool, which a mount that hangs would take. Returns when that has ended, after `limit`, or at
/// once when cancelled, and says whether the folder is gone. It may go later: a thread that has
/// begun goes on alone; where none is to be had within `limit`, the next start removes the folder.
/// Throws nothing. Cancelled before, it must not be awaited.
Task<bool> remove_left_over(Workspace workspace, HangingCalls& calls, Duration limit);

}  // namespace backupwatch
