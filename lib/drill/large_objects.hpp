#pragma once
#include "async/pool.hpp"
#include "async/task.hpp"
#include "core/backup/manifest.hpp"
#include "core/time/time.hpp"

namespace backupwatch {

class Connection;

/// Every large object of a database as the dump's side hashes them: a row `oid<TAB>sha256-hex` for
/// each. However many there are, and however big, they pass in pieces. Throws Failure as
/// Connection::copy_out does.
Task<Rows> read_large_objects(Connection& connection, Pool& pool, Duration limit);

}  // namespace backupwatch
