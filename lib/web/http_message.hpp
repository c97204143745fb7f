#pragma once
#include "async/task.hpp"

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

namespace backupwatch {

struct WebRequest {
    std::string method;
    std::string target;  ///< path and query, as sent
    std::string body;
    std::string accept;           ///< the media types that the client can show, or empty
    std::optional<uid_t> user{};  ///< over a Unix socket: whose the client is
};

/// Where the body of a streamed response is written to, piece by piece.
class BodyWriter {
  public:
    virtual ~BodyWriter() = default;
    /// Returns when the piece was handed to the system. Throws Failure::cancelled where the client
    /// is gone or takes nothing for long.
    virtual Task<> write(std::string piece) = 0;
};

/// Writes a body that comes bit by bit. Cancelled when the client goes. Where it throws, the body
/// ends without its end, which the client can tell from one that is complete.
using BodyStream = std::function<Task<>(BodyWriter&)>;

struct HttpResponse {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;   ///< never empty, unless `stream` is there
    std::string allow;  ///< of a 405: the methods that this target knows
    BodyStream stream;  ///< instead of `body`
};

/// An error as every response tells it: `{"error": "..."}`.
HttpResponse error_response(int status, const std::string& message);

/// Answers one request. A Failure that it throws is told as a 503; anything else ends the
/// connection and is a fault of ours.
using HttpHandler = std::function<Task<HttpResponse>(WebRequest)>;

}  // namespace backupwatch
