#pragma once
#include "async/task.hpp"
#include "postgres/conninfo.hpp"
#include "postgres/libpq.hpp"

#include <string>

namespace backupwatch {

/// A session in non-blocking mode. Host names are looked up off the loop, everything else of libpq
/// waits on it (but for its files: password, service, certificates). Throws Failure: unreachable,
/// denied, or what the server says.
Task<ConnectionHandle> open_connection(ConnectOptions options, std::string target);

}  // namespace backupwatch
