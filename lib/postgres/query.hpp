#pragma once
#include "postgres/connection.hpp"
#include "postgres/libpq.hpp"

#include <string>

namespace backupwatch {

/// Sends the statements and reads their results to the end; returns the last one's. Throws what the
/// server says first. Cancelled, or where it gives up on too large a result, it leaves the session
/// busy.
Task<QueryResult> run_query(PGconn& connection, std::string sql, std::string what);

}  // namespace backupwatch
