#pragma once
#include "async/task.hpp"
#include "core/backup/manifest.hpp"
#include "core/backup/verification.hpp"
#include "core/time/time.hpp"

namespace backupwatch {

class Connection;

/// Adds what schema_objects() and sequence_values() pass over in a project that was loaded, since
/// before 1.6 pgmq makes its queues members of itself: what is set for them, and the values of
/// sequences that the backup has. `connection` has faithful_settings(). Throws as Connection::query
/// does.
Task<> read_queues(
    RestoredContent& content, Connection& connection, const Manifest& manifest, Duration limit
);

}  // namespace backupwatch
