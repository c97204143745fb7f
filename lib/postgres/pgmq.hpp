#pragma once
#include "async/task.hpp"
#include "core/backup/manifest.hpp"
#include "core/time/time.hpp"

#include <vector>

namespace backupwatch {

class Connection;

/// Queues that belong to the extension pgmq, by their names, without a count of messages.
Task<std::vector<UndumpedQueue>> undumped_queues(Connection& connection, Duration limit);

/// The same with their messages, archived ones as well; nothing here fails a transaction for want
/// of a right.
Task<std::vector<UndumpedQueue>> counted_undumped_queues(Connection& connection, Duration limit);

}  // namespace backupwatch
