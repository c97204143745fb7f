#pragma once
#include "core/failure.hpp"
#include "postgres/conninfo.hpp"

#include <string>

namespace backupwatch {

/// What it is that a log-in failed by, so that all that fails by it is told once: the place
/// (`db.example.com:5432`) that did not answer, or the role there (`app@db.example.com:5432`) that
/// was denied. Written as in a URL, a socket's folder as `%2Frun%2Fpostgresql:5432`. Empty: a
/// failure of that kind says nothing of other databases.
std::string server_cause(const ConnectOptions& effective, Failure::Kind kind);

}  // namespace backupwatch
