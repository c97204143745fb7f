#include "web/control_client.hpp"

#include "core/failure.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>

#include <array>
#include <utility>

namespace backupwatch {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Protocol = asio::local::stream_protocol;

constexpr std::chrono::seconds longest_silence{5};
/// A drill of ten thousand tables is some megabytes.
constexpr std::size_t longest_line = 64 * 1024 * 1024;

[[noreturn]] void fail(const std::filesystem::path& socket, error_code error) {
    const std::string name = "\"" + socket.string() + "\"";
    if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
    if (error == beast::error::timeout) {
        throw Failure(
            Failure::Kind::timeout,
            "the daemon does not answer on " + name + " within 5 s",
            "Look at what it logs: its loop stands still."
        );
    }
    if (error == asio::error::connection_refused ||
        error == error_code(ENOENT, boost::system::system_category())) {
        throw Failure(
            Failure::Kind::missing,
            "no daemon listens on " + name,
            "Start it, or check control_socket."
        );
    }
    if (error == asio::error::access_denied) {
        throw Failure(
            Failure::Kind::denied,
            "cannot talk to the daemon on " + name + ": " + error.message(),
            "Run this as root or as the daemon's user."
        );
    }
    throw Failure(
        Failure::Kind::unreachable,
        "the daemon ended while it was asked on " + name + ": " + error.message(),
        "Look at what it logged last."
    );
}

/// Cuts a body into its lines, and keeps the newest: it may be the result.
class Lines {
  public:
    explicit Lines(std::function<void(const std::string&)> on_line)
        : on_line_(std::move(on_line)) {}

    void add(std::string_view piece) {
        for (std::size_t end = piece.find('\n'); end != piece.npos; end = piece.find('\n')) {
            partial_.append(piece.substr(0, end));
            line_ = std::exchange(partial_, {});
            on_line_(line_);
            piece.remove_prefix(end + 1);
        }
        partial_.append(piece);
        if (partial_.size() > longest_line) {
            throw Failure(Failure::Kind::rejected, "the daemon sends a line without an end");
        }
    }

    const std::string& last() const { return line_; }

  private:
    std::function<void(const std::string&)> on_line_;
    std::string partial_;
    std::string line_;
};

std::string error_of(const std::string& document) {
    error_code error;
    const auto parsed = boost::json::parse(document, error);
    const auto* object = parsed.if_object();
    const auto* text = object != nullptr ? object->if_contains("error") : nullptr;
    if (text == nullptr || !text->is_string()) return "no reason given";
    return std::string(text->get_string());
}

class Exchange {
  public:
    Exchange(asio::any_io_executor executor, std::filesystem::path socket)
        : stream_(std::move(executor)), socket_(std::move(socket)) {
        parser_.body_limit(boost::none);
    }

    /// Returns when the daemon has begun to answer.
    Task<> ask(std::string verb, std::string body) {
        http::request<http::string_body> request(
            http::verb::post, "/v1/commands/" + verb, 11, std::move(body)
        );
        request.set(http::field::host, "localhost");
        request.set(http::field::content_type, "application/json");
        request.prepare_payload();

        const Protocol::endpoint endpoint(socket_.string());
        stream_.expires_after(longest_silence);
        error_code error;
        co_await stream_.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
        if (error) fail(socket_, error);
        co_await http::async_write(
            stream_, request, asio::redirect_error(asio::use_awaitable, error)
        );
        if (error) fail(socket_, error);
        co_await http::async_read_header(
            stream_, buffer_, parser_, asio::redirect_error(asio::use_awaitable, error)
        );
        if (error) fail(socket_, error);
        stream_.expires_never();
    }

    bool is_accepted() const { return parser_.get().result() == http::status::ok; }

    /// The next piece of the body; empty at its end.
    Task<std::string> next_piece() {
        std::size_t size = 0;
        auto& body = parser_.get().body();
        while (size == 0 && !parser_.is_done()) {
            body.data = piece_.data();
            body.size = piece_.size();
            error_code error;
            co_await http::async_read_some(
                stream_, buffer_, parser_, asio::redirect_error(asio::use_awaitable, error)
            );
            if (error && error != http::error::need_buffer) fail(socket_, error);
            size = piece_.size() - body.size;
        }
        co_return std::string(piece_.data(), size);
    }

  private:
    beast::basic_stream<Protocol> stream_;
    std::filesystem::path socket_;
    beast::flat_buffer buffer_;
    http::response_parser<http::buffer_body> parser_;
    std::array<char, 16 * 1024> piece_{};
};

}  // namespace

Task<std::string> command_daemon(
    std::filesystem::path socket,
    std::string verb,
    std::string body,
    std::function<void(const std::string&)> on_line
) {
    auto executor = co_await asio::this_coro::executor;
    Exchange exchange(executor, socket);
    co_await exchange.ask(std::move(verb), std::move(body));

    Lines lines(std::move(on_line));
    std::string refusal;
    std::string piece = co_await exchange.next_piece();
    while (!piece.empty()) {
        if (exchange.is_accepted()) {
            lines.add(piece);
        } else {
            refusal += piece;
        }
        piece = co_await exchange.next_piece();
    }
    if (!exchange.is_accepted()) {
        throw Failure(
            Failure::Kind::rejected, "the daemon refuses the command: " + error_of(refusal)
        );
    }
    co_return lines.last();
}

}  // namespace backupwatch
