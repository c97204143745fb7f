#include "web/http_session.hpp"

#include "async/either.hpp"
#include "async/with_timeout.hpp"
#include "core/failure.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/system/system_error.hpp>
#include <sys/socket.h>

#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace backupwatch {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

using Stream = beast::basic_stream<asio::generic::stream_protocol>;
using Parser = http::request_parser<http::string_body>;
using Head = http::response<http::empty_body>;

/// How much of what a client still sends is read, and how long, before it is closed upon.
constexpr std::size_t most_ignored_bytes = 256 * 1024;
constexpr std::chrono::seconds longest_farewell{1};

/// As the kernel knows it; over TCP it knows nobody.
std::optional<uid_t> user_of(HttpSocket& socket) {
    error_code error;
    const auto end = socket.local_endpoint(error);
    ucred client{};
    socklen_t size = sizeof client;
    const int handle = socket.native_handle();
    if (error || end.protocol().family() != AF_UNIX ||
        ::getsockopt(handle, SOL_SOCKET, SO_PEERCRED, &client, &size) < 0) {
        return std::nullopt;
    }
    return client.uid;
}

class ChunkWriter final : public BodyWriter {
  public:
    ChunkWriter(Stream& stream, std::chrono::seconds limit) : stream_(stream), limit_(limit) {}

    Task<> write(std::string piece) override {
        if (piece.empty()) co_return;  // an empty chunk would end the body
        stream_.expires_after(limit_);
        const auto chunk = http::make_chunk(asio::const_buffer(piece.data(), piece.size()));
        error_code error;
        co_await asio::async_write(
            stream_, chunk, asio::redirect_error(asio::use_awaitable, error)
        );
        if (error) {
            throw Failure(Failure::Kind::cancelled, "the client is gone: " + error.message());
        }
    }

  private:
    Stream& stream_;
    std::chrono::seconds limit_;
};

class Session {
  public:
    Session(HttpSocket socket, const HttpHandler& handler, const HttpLimits& limits)
        : stream_(std::move(socket)),
          buffer_(limits.header_bytes * 2),
          handler_(handler),
          limits_(limits) {}

    Task<> run() {
        bool again = true;
        while (again) {
            Parser parser;
            const bool received = co_await receive(parser);
            if (!received) break;
            again = co_await answer(parser.release());
        }
        co_await say_farewell();
    }

    Task<> refuse(HttpResponse response) {
        co_await send(std::move(response), 11, Body::sent, false);
        co_await say_farewell();
    }

  private:
    enum class Body { sent, left_out };

    /// False where there is nothing to answer, or the refusal was sent.
    Task<bool> receive(Parser& parser) {
        parser.header_limit(limits_.header_bytes);
        parser.body_limit(limits_.body_bytes);
        error_code error;
        if (buffer_.size() == 0) {
            stream_.expires_after(limits_.idle_time);
            const std::size_t size = co_await stream_.async_read_some(
                buffer_.prepare(limits_.header_bytes),
                asio::redirect_error(asio::use_awaitable, error)
            );
            buffer_.commit(size);
            if (error) co_return false;
        }
        error = co_await receive_header(parser);
        if (!error) {
            stream_.expires_after(limits_.idle_time);
            co_await http::async_read(
                stream_, buffer_, parser, asio::redirect_error(asio::use_awaitable, error)
            );
        }
        if (!error) co_return true;
        const int status = refusal(error);
        if (status == 0) co_return false;
        HttpResponse response = error_response(status, error.message());
        co_await send(std::move(response), 11, Body::sent, false);
        co_return false;
    }

    /// Beast holds each line to its limit, and not their sum: a client could send lines for ever.
    Task<error_code> receive_header(Parser& parser) {
        stream_.expires_after(limits_.header_time);
        std::size_t total = 0;
        error_code error;
        for (;;) {
            const std::size_t parsed = parser.put(buffer_.data(), error);
            buffer_.consume(parsed);
            total += parsed;
            if (total > limits_.header_bytes) co_return http::error::header_limit;
            if (error != http::error::need_more) co_return error;
            const std::size_t size = co_await stream_.async_read_some(
                buffer_.prepare(limits_.header_bytes),
                asio::redirect_error(asio::use_awaitable, error)
            );
            if (error) co_return error;
            buffer_.commit(size);
        }
    }

    /// The status for a request that broke HTTP or a limit; 0: the client went or was too slow.
    static int refusal(error_code error) {
        if (error == http::error::header_limit || error == http::error::buffer_overflow) {
            return 431;
        }
        if (error == http::error::body_limit) return 413;
        if (error == http::error::end_of_stream || error == http::error::partial_message) return 0;
        const error_code of_http = http::error::bad_method;
        return error.category() == of_http.category() ? 400 : 0;
    }

    /// True where the client may ask again.
    Task<bool> answer(http::request<http::string_body> received) {
        const unsigned version = received.version();
        const bool keep_alive = received.keep_alive();
        WebRequest request;
        request.method = std::string(received.method_string());
        request.target = std::string(received.target());
        request.accept = std::string(received[http::field::accept]);
        request.body = std::move(received.body());
        request.user = user_of(stream_.socket());
        const Body body = request.method == "HEAD" ? Body::left_out : Body::sent;

        HttpResponse response = co_await handle(std::move(request));
        if (!response.stream) {
            co_return co_await send(std::move(response), version, body, keep_alive);
        }
        if (version < 11) {
            HttpResponse refused = error_response(505, "this needs HTTP/1.1");
            co_return co_await send(std::move(refused), version, body, false);
        }
        co_return co_await send_stream(std::move(response), keep_alive);
    }

    Task<HttpResponse> handle(WebRequest request) {
        HttpResponse refused;
        try {
            co_return co_await with_timeout(
                handler_(std::move(request)), limits_.idle_time, "the handler"
            );
        } catch (const Failure& failure) {
            refused = error_response(503, failure.what());
        }
        co_return refused;
    }

    Head head_of(const HttpResponse& response, unsigned version, bool keep_alive) {
        Head head;
        head.result(static_cast<unsigned>(response.status));
        head.version(version);
        head.keep_alive(keep_alive);
        head.set(http::field::content_type, response.content_type);
        head.set(http::field::cache_control, "no-store");
        head.set("X-Content-Type-Options", "nosniff");
        if (!response.allow.empty()) head.set(http::field::allow, response.allow);
        return head;
    }

    Task<bool> send(HttpResponse response, unsigned version, Body body, bool keep_alive) {
        Head head = head_of(response, version, keep_alive);
        head.content_length(response.body.size());
        if (body == Body::left_out) response.body.clear();
        http::response<http::string_body> message(std::move(head.base()));
        message.body() = std::move(response.body);
        http::response_serializer<http::string_body> serializer(message);

        stream_.expires_after(limits_.idle_time);
        error_code error;
        co_await http::async_write(
            stream_, serializer, asio::redirect_error(asio::use_awaitable, error)
        );
        co_return !error && keep_alive;
    }

    Task<bool> send_stream(HttpResponse response, bool keep_alive) {
        Head head = head_of(response, 11, keep_alive);
        head.chunked(true);
        http::response_serializer<http::empty_body> serializer(head);
        error_code error;
        stream_.expires_after(limits_.idle_time);
        co_await http::async_write_header(
            stream_, serializer, asio::redirect_error(asio::use_awaitable, error)
        );
        if (error) co_return false;

        const bool complete = co_await write_body(response.stream);
        if (!complete) {
            whole_ = false;
            co_return false;
        }
        stream_.expires_after(limits_.idle_time);
        const auto end = http::make_chunk_last();
        co_await asio::async_write(stream_, end, asio::redirect_error(asio::use_awaitable, error));
        co_return !error && keep_alive;
    }

    /// Runs the writer of the body, and ends it when the client goes first: then false.
    Task<bool> write_body(const BodyStream& body) {
        ChunkWriter writer(stream_, limits_.idle_time);
        stream_.expires_never();
        auto writing = begin(body, writer);
        auto leaving = client_gone();
        const Ended first = co_await either(std::move(writing), std::move(leaving));
        co_return first == Ended::one;
    }

    /// Suspended once before anything else, so that the watch is waiting by then: Asio 1.26 throws
    /// out of the loop when a coroutine is cancelled before it was ever suspended.
    static Task<> begin(const BodyStream& body, BodyWriter& writer) {
        co_await asio::post(asio::use_awaitable);
        co_await body(writer);
    }

    /// Returns when the client closed. What it sends meanwhile (its next request) is kept; more
    /// than fits is taken for nonsense.
    Task<> client_gone() {
        error_code error;
        while (!error && buffer_.size() < limits_.header_bytes) {
            const std::size_t size = co_await stream_.async_read_some(
                buffer_.prepare(limits_.header_bytes),
                asio::redirect_error(asio::use_awaitable, error)
            );
            buffer_.commit(size);
        }
    }

    /// Closing upon a client that still sends would reset the connection, and so take from it the
    /// response that says why.
    Task<> say_farewell() {
        error_code error;
        if (!whole_) {
            stream_.socket().close(error);
            co_return;
        }
        stream_.socket().shutdown(asio::socket_base::shutdown_send, error);
        stream_.expires_after(longest_farewell);
        std::size_t ignored = 0;
        buffer_.clear();
        while (!error && ignored < most_ignored_bytes) {
            ignored += co_await stream_.async_read_some(
                buffer_.prepare(limits_.header_bytes),
                asio::redirect_error(asio::use_awaitable, error)
            );
        }
        stream_.socket().close(error);
    }

    Stream stream_;
    beast::flat_buffer buffer_;
    const HttpHandler& handler_;
    const HttpLimits& limits_;
    bool whole_ = true;  ///< what was sent ended where HTTP says it ends
};

}  // namespace

Task<> serve_client(HttpSocket socket, const HttpHandler& handler, const HttpLimits& limits) {
    Session session(std::move(socket), handler, limits);
    co_await session.run();
}

Task<> turn_away(HttpSocket socket) {
    const HttpHandler unused;
    const HttpLimits limits;
    Session session(std::move(socket), unused, limits);
    HttpResponse response = error_response(503, "too many connections");
    co_await session.refuse(std::move(response));
}

}  // namespace backupwatch
