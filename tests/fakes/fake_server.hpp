#pragma once
#include "async/task.hpp"
#include "core/time/time.hpp"
#include "fakes/certificates.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace boost::asio::ssl {
class context;
}

namespace backupwatch {

/// A connection to whoever is tested, with or without TLS. Its operations throw
/// boost::system::system_error when the other end is gone.
class Peer {
  public:
    Peer(asio::ip::tcp::socket socket, std::shared_ptr<asio::ssl::context> context);
    ~Peer();

    Task<> start_tls();
    bool has_tls() const { return tls_ != nullptr; }
    /// Up to and with `end`; what came after it is kept for the next.
    Task<std::string> read_until(std::string end);
    Task<std::string> read_exactly(std::size_t size);
    Task<> write(std::string bytes);
    Task<> wait(Duration duration);
    /// For ever, or until the other end closes.
    Task<> stall();
    /// Closes with RST instead of FIN.
    void reset();
    void close();

  private:
    struct Tls;

    Task<bool> read_more();

    asio::ip::tcp::socket socket_;
    std::shared_ptr<asio::ssl::context> context_;
    std::unique_ptr<Tls> tls_;
    std::string buffer_;
};

/// Listens on a port of 127.0.0.1, on a thread of its own, and runs `serve` for every connection.
class FakeServer {
  public:
    using Serve = std::function<Task<>(Peer&)>;

    FakeServer(Serve serve, const std::optional<Identity>& identity);
    ~FakeServer();
    FakeServer(const FakeServer&) = delete;
    FakeServer& operator=(const FakeServer&) = delete;

    int port() const { return port_; }
    /// What it shows to whoever connects from now on.
    void renew(const Identity& identity);

  private:
    Task<> accept();
    Task<> serve_one(asio::ip::tcp::socket socket);

    Serve serve_;
    std::shared_ptr<asio::ssl::context> context_;  ///< its thread's, once that runs
    asio::io_context loop_{1};
    asio::ip::tcp::acceptor acceptor_{loop_};
    int port_ = 0;
    std::thread thread_;
};

/// A port of 127.0.0.1 on which nobody listens.
int unused_port();

}  // namespace backupwatch
