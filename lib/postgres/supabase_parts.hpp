#pragma once
#include "async/task.hpp"
#include "core/backup/manifest.hpp"
#include "core/time/time.hpp"

#include <vector>

namespace backupwatch {

class Connection;

/// What a dump of this project cannot hold, each with what to do about it: Storage's files, the
/// vault's secrets, policies of tables that are the platform's, and so on. What the role may not
/// count is told without a number; nothing here fails a transaction.
Task<std::vector<NotHeld>> not_held_of_supabase(Connection& connection, Duration limit);

}  // namespace backupwatch
