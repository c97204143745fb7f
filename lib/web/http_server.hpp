#pragma once
#include "async/scope.hpp"
#include "async/task.hpp"
#include "web/http_message.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace backupwatch {

/// What one client may cost.
struct HttpLimits {
    std::size_t connections = 256;           ///< further ones get a 503 and are closed
    std::uint32_t header_bytes = 8 * 1024;   ///< more is a 431
    std::uint64_t body_bytes = 1024 * 1024;  ///< more is a 413
    std::chrono::seconds header_time{10};    ///< from a request's first byte to its header's end
    std::chrono::seconds idle_time{30};      ///< between requests, for a body, for a response to
                                             ///< be taken, for the handler
};

/// One listening socket and its clients: HTTP/1.1, keep-alive, one request of a client at a time.
/// Used on the loop; a slow client delays nobody.
class HttpServer {
  public:
    /// `on_failure(name, what)` hears of handlers that threw something unexpected.
    HttpServer(
        asio::any_io_executor executor,
        HttpHandler handler,
        Scope::OnFailure on_failure,
        HttpLimits limits = {}
    );
    ~HttpServer();

    /// Listens on TCP. `address` is numeric; port 0 takes a free one. Returns the port.
    /// Throws Failure (rejected: in use; denied).
    std::uint16_t listen_tcp(const std::string& address, std::uint16_t port);
    /// Listens on a Unix socket of mode 0660. A file that a dead process left is replaced; throws
    /// Failure::rejected where somebody answers on it. Removed when the server goes.
    void listen_unix(const std::filesystem::path& path);

    /// Serves until cancelled; then ends its clients, their handlers cancelled, and throws
    /// operation_aborted.
    Task<> run();

  private:
    class Listener;
    std::unique_ptr<Listener> listener_;
};

}  // namespace backupwatch
