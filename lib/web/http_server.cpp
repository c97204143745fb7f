#include "web/http_server.hpp"

#include "core/failure.hpp"
#include "web/http_session.hpp"
#include "web/unix_socket.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <sys/socket.h>

#include <cstring>
#include <optional>
#include <utility>

namespace backupwatch {
namespace {

using boost::system::error_code;
using Acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol>;

/// Clients that are told that there is no place for them, at the same time; more are only closed.
constexpr std::size_t most_turned_away = 64;
/// Without file descriptors every accept fails at once: wait for some to be given back.
constexpr std::chrono::milliseconds pause_after_failure{100};

[[noreturn]] void fail(const std::string& where, error_code error) {
    const bool in_use = error == asio::error::address_in_use;
    throw Failure(
        in_use ? Failure::Kind::rejected : Failure::Kind::denied,
        "cannot listen on " + where + ": " + error.message(),
        "Choose another http.listen, or stop what uses it."
    );
}

}  // namespace

class HttpServer::Listener {
  public:
    Listener(
        asio::any_io_executor executor,
        HttpHandler handler,
        Scope::OnFailure on_failure,
        HttpLimits limits
    )
        : handler_(std::move(handler)),
          limits_(limits),
          acceptor_(executor),
          clients_(executor, on_failure),
          turned_away_(executor, on_failure) {}

    std::uint16_t listen_tcp(const std::string& address, std::uint16_t port) {
        const std::string where = address + ":" + std::to_string(port);
        error_code error;
        const auto host = asio::ip::make_address(address, error);
        if (error) fail(where, error);
        const asio::ip::tcp::endpoint endpoint(host, port);
        acceptor_.open(endpoint.protocol(), error);
        if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
        if (!error) acceptor_.bind(endpoint, error);
        if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
        if (error) fail(where, error);
        return bound_port();
    }

    void listen_unix(const std::filesystem::path& path) {
        name_.emplace(path);
        const asio::generic::stream_protocol protocol(AF_UNIX, 0);
        acceptor_.assign(protocol, name_->release());
    }

    Task<> run() {
        auto executor = co_await asio::this_coro::executor;
        error_code error;
        while (error != asio::error::operation_aborted) {
            HttpSocket client(executor);
            co_await acceptor_.async_accept(
                client, asio::redirect_error(asio::use_awaitable, error)
            );
            if (!error) {
                welcome(std::move(client));
            } else if (error != asio::error::operation_aborted) {
                asio::steady_timer timer(executor, pause_after_failure);
                co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
            }
        }
        co_await asio::this_coro::reset_cancellation_state();
        acceptor_.close(error);
        clients_.cancel();
        turned_away_.cancel();
        co_await clients_.drained();
        co_await turned_away_.drained();
        throw boost::system::system_error(asio::error::operation_aborted);
    }

  private:
    void welcome(HttpSocket client) {
        if (clients_.size() < limits_.connections) {
            clients_.spawn("http client", serve_client(std::move(client), handler_, limits_));
        } else if (turned_away_.size() < most_turned_away) {
            turned_away_.spawn("http client", turn_away(std::move(client)));
        }
    }

    std::uint16_t bound_port() const {
        const auto bound = acceptor_.local_endpoint();
        asio::ip::tcp::endpoint endpoint;
        endpoint.resize(bound.size());
        std::memcpy(endpoint.data(), bound.data(), bound.size());
        return endpoint.port();
    }

    HttpHandler handler_;
    HttpLimits limits_;
    std::optional<UnixSocketName> name_;
    Acceptor acceptor_;
    Scope clients_;
    Scope turned_away_;
};

HttpServer::HttpServer(
    asio::any_io_executor executor,
    HttpHandler handler,
    Scope::OnFailure on_failure,
    HttpLimits limits
)
    : listener_(std::make_unique<Listener>(
          std::move(executor), std::move(handler), std::move(on_failure), limits
      )) {}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::listen_tcp(const std::string& address, std::uint16_t port) {
    return listener_->listen_tcp(address, port);
}

void HttpServer::listen_unix(const std::filesystem::path& path) {
    listener_->listen_unix(path);
}

Task<> HttpServer::run() {
    return listener_->run();
}

}  // namespace backupwatch
