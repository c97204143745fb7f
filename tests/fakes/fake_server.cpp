#include "fakes/fake_server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <array>
#include <utility>

namespace backupwatch {

using asio::ip::tcp;

struct Peer::Tls {
    asio::ssl::stream<tcp::socket&> stream;
};

Peer::Peer(tcp::socket socket, std::shared_ptr<asio::ssl::context> context)
    : socket_(std::move(socket)), context_(std::move(context)) {}

Peer::~Peer() = default;

Task<> Peer::start_tls() {
    // What came before is not to be trusted, as a real server would say, too.
    buffer_.clear();
    tls_ = std::make_unique<Tls>(Tls{{socket_, *context_}});
    co_await tls_->stream.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
}

Task<bool> Peer::read_more() {
    std::array<char, 4096> bytes;
    std::size_t size = 0;
    if (tls_) {
        size = co_await tls_->stream.async_read_some(asio::buffer(bytes), asio::use_awaitable);
    } else {
        size = co_await socket_.async_read_some(asio::buffer(bytes), asio::use_awaitable);
    }
    buffer_.append(bytes.data(), size);
    co_return true;
}

Task<std::string> Peer::read_until(std::string end) {
    auto at = buffer_.find(end);
    while (at == std::string::npos) {
        co_await read_more();
        at = buffer_.find(end);
    }
    std::string read = buffer_.substr(0, at + end.size());
    buffer_.erase(0, read.size());
    co_return read;
}

Task<std::string> Peer::read_exactly(std::size_t size) {
    while (buffer_.size() < size) co_await read_more();
    std::string read = buffer_.substr(0, size);
    buffer_.erase(0, size);
    co_return read;
}

Task<> Peer::write(std::string bytes) {
    if (tls_) {
        co_await asio::async_write(tls_->stream, asio::buffer(bytes), asio::use_awaitable);
    } else {
        co_await asio::async_write(socket_, asio::buffer(bytes), asio::use_awaitable);
    }
}

Task<> Peer::wait(Duration duration) {
    asio::steady_timer timer(socket_.get_executor(), duration);
    co_await timer.async_wait(asio::use_awaitable);
}

Task<> Peer::stall() {
    for (;;) {
        buffer_.clear();
        co_await read_more();
    }
}

void Peer::reset() {
    boost::system::error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
}

void Peer::close() {
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
}

namespace {

std::shared_ptr<asio::ssl::context> context_with(const Identity& identity) {
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    context->use_certificate_chain(asio::buffer(identity.certificate));
    context->use_private_key(asio::buffer(identity.key), asio::ssl::context::pem);
    return context;
}

}  // namespace

FakeServer::FakeServer(Serve serve, const std::optional<Identity>& identity)
    : serve_(std::move(serve)) {
    if (identity) context_ = context_with(*identity);
    const tcp::endpoint loopback(asio::ip::address_v4::loopback(), 0);
    acceptor_.open(loopback.protocol());
    acceptor_.bind(loopback);
    acceptor_.listen();
    port_ = acceptor_.local_endpoint().port();
    asio::co_spawn(loop_, accept(), asio::detached);
    thread_ = std::thread([this] { loop_.run(); });
}

void FakeServer::renew(const Identity& identity) {
    asio::post(loop_, [this, renewed = context_with(identity)] { context_ = renewed; });
}

FakeServer::~FakeServer() {
    loop_.stop();
    thread_.join();
}

Task<> FakeServer::accept() {
    for (;;) {
        auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
        asio::co_spawn(loop_, serve_one(std::move(socket)), asio::detached);
    }
}

Task<> FakeServer::serve_one(tcp::socket socket) {
    Peer peer(std::move(socket), context_);
    try {
        auto serving = serve_(peer);
        co_await std::move(serving);
    } catch (const boost::system::system_error&) {
        // The other end had enough.
    }
}

int unused_port() {
    asio::io_context loop;
    const tcp::acceptor acceptor(loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    return acceptor.local_endpoint().port();
}

}  // namespace backupwatch
