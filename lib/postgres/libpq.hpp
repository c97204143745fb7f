#pragma once
#include "async/task.hpp"
#include "core/failure.hpp"

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <string_view>

/// What the files about connections share of libpq. Nothing outside of them includes this.
namespace backupwatch {

struct FinishConnection {
    void operator()(PGconn* connection) const { PQfinish(connection); }
};
using ConnectionHandle = std::unique_ptr<PGconn, FinishConnection>;

struct ClearResult {
    void operator()(PGresult* result) const { PQclear(result); }
};
using ResultHandle = std::unique_ptr<PGresult, ClearResult>;

struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using OptionsHandle = std::unique_ptr<PQconninfoOption, FreeOptions>;

/// Bytes that TLS holds already: the socket would not show them as readable.
bool has_pending_bytes(PGconn& connection);

enum class Direction { read, write };
/// Waits on the loop until libpq's socket is ready. The socket stays libpq's.
Task<> socket_ready(PGconn& connection, Direction direction);

/// What a SQLSTATE means to us: 28 and 42501 denied, 08, 57P and 53300 unreachable, 53 exhausted,
/// XX001 and XX002 corrupt, the rest rejected.
Failure::Kind kind_of(std::string_view sqlstate);
/// Of a server that was asked for nothing yet: what fails within itself, or at its disk (XX000,
/// 58), is no answer; it is unreachable.
Failure::Kind kind_at_connect(std::string_view sqlstate);

/// `WHAT: ERROR 42P01: relation "x" does not exist (detail)`.
Failure server_failure(const PGresult& result, const std::string& what);
/// The connection broke: unreachable, with libpq's words.
Failure lost_failure(const PGconn& connection, const std::string& what);
/// libpq's message in one line, without its advice and without places in PostgreSQL's source.
std::string one_line(std::string_view message);

/// Asks the server to end what the session does, over a connection of its own. Returns when it was
/// asked, or after two seconds: who can't be reached then finds the connection closed.
Task<> request_cancel(PGconn& connection);

}  // namespace backupwatch
