#pragma once
#include "async/clock.hpp"
#include "async/semaphore.hpp"

#include <optional>

namespace backupwatch {

/// A place of the semaphore, or nothing where none came free for us within `limit`, by the clock's
/// uptime(): then nobody waits for one any more. Ends with operation_aborted when cancelled.
Task<std::optional<Semaphore::Place>> acquire_within(
    Clock& clock, Semaphore& semaphore, Duration limit
);

}  // namespace backupwatch
