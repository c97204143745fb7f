#pragma once
#include "async/task.hpp"
#include "web/http_server.hpp"

#include <boost/asio/generic/stream_protocol.hpp>

namespace backupwatch {

using HttpSocket = asio::generic::stream_protocol::socket;

/// Answers one client's requests until it goes, or breaks the rules or the limits.
/// `handler` and `limits` outlive it.
Task<> serve_client(HttpSocket socket, const HttpHandler& handler, const HttpLimits& limits);

/// Tells a client that there is no place for it.
Task<> turn_away(HttpSocket socket);

}  // namespace backupwatch
