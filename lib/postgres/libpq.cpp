#include "postgres/libpq.hpp"

#include "async/on_own_thread.hpp"
#include "async/with_timeout.hpp"
#include "postgres/without_values.hpp"
#include "process/is_ready.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <utility>

namespace backupwatch {
namespace {

constexpr Duration cancel_limit = std::chrono::seconds(2);

/// libpq may close or replace its socket between two calls, so each wait borrows it anew.
class BorrowedSocket {
  public:
    BorrowedSocket(const asio::any_io_executor& executor, int socket)
        : descriptor_(executor, socket) {}
    ~BorrowedSocket() { descriptor_.release(); }
    BorrowedSocket(const BorrowedSocket&) = delete;
    BorrowedSocket& operator=(const BorrowedSocket&) = delete;

    asio::posix::stream_descriptor& descriptor() { return descriptor_; }

  private:
    asio::posix::stream_descriptor descriptor_;
};

std::string field(const PGresult& result, int code) {
    const char* text = PQresultErrorField(&result, code);
    return text == nullptr ? std::string() : std::string(text);
}

std::string hint_of(const PGresult& result, const std::string& sqlstate) {
    // The message is in the server's language; the name of its function is not.
    const bool hidden_rows = field(result, PG_DIAG_SOURCE_FUNCTION) == "check_enable_rls";
    if (sqlstate == "42501" && hidden_rows) {
        return "Grant the role BYPASSRLS, or connect as one that sees every row.";
    }
    if (sqlstate == "42501")
        return "Grant the role pg_read_all_data, which servers have from 14 on.";
    return {};
}

}  // namespace

bool has_pending_bytes(PGconn& connection) {
    auto* tls = static_cast<SSL*>(PQsslStruct(&connection, "OpenSSL"));
    return tls != nullptr && SSL_pending(tls) > 0;
}

Task<> socket_ready(PGconn& connection, Direction direction) {
    if (direction == Direction::read && has_pending_bytes(connection)) co_return;
    auto executor = co_await asio::this_coro::executor;
    const bool reads = direction == Direction::read;
    const auto wait = reads ? asio::posix::stream_descriptor::wait_read
                            : asio::posix::stream_descriptor::wait_write;
    const short event = reads ? POLLIN : POLLOUT;
    BorrowedSocket socket(executor, PQsocket(&connection));
    // libpq would take a socket that is still connecting for a connected one, and a refusal that
    // comes later for a connection that was lost: the next address would not be tried.
    do {
        co_await socket.descriptor().async_wait(wait, asio::use_awaitable);
    } while (!is_ready(PQsocket(&connection), event));
}

Failure::Kind kind_of(std::string_view sqlstate) {
    using Kind = Failure::Kind;
    struct Meaning {
        std::string_view beginning;
        Kind kind;
    };
    // The first that fits: single states stand before their classes.
    constexpr std::array<Meaning, 9> meanings{{
        {"28", Kind::denied},          // invalid_authorization
        {"42501", Kind::denied},       // insufficient_privilege
        {"08", Kind::unreachable},     // connection_exception
        {"57P", Kind::unreachable},    // shut down, starting, database dropped
        {"53300", Kind::unreachable},  // too_many_connections
        {"53", Kind::exhausted},       // disk, memory
        {"55P03", Kind::timeout},      // lock_not_available: our lock_timeout
        {"XX001", Kind::corrupt},      // data_corrupted
        {"XX002", Kind::corrupt},      // index_corrupted
    }};
    for (const auto& [beginning, kind] : meanings) {
        if (sqlstate.starts_with(beginning)) return kind;
    }
    return Kind::rejected;
}

Failure::Kind kind_at_connect(std::string_view sqlstate) {
    const bool is_unwell = sqlstate == "XX000" || sqlstate.starts_with("58");
    return is_unwell ? Failure::Kind::unreachable : kind_of(sqlstate);
}

Failure server_failure(const PGresult& result, const std::string& what) {
    const std::string sqlstate = field(result, PG_DIAG_SQLSTATE);
    // libpq makes up a result without fields when the connection breaks.
    if (sqlstate.empty()) {
        return {Failure::Kind::unreachable, what + ": " + one_line(PQresultErrorMessage(&result))};
    }
    const std::string message =
        what + ": " + field(result, PG_DIAG_SEVERITY_NONLOCALIZED) + " " + sqlstate + ": " +
        without_values(
            sqlstate, field(result, PG_DIAG_MESSAGE_PRIMARY), field(result, PG_DIAG_MESSAGE_DETAIL)
        );
    return {kind_of(sqlstate), message, hint_of(result, sqlstate)};
}

Failure lost_failure(const PGconn& connection, const std::string& what) {
    const std::string cause = one_line(PQerrorMessage(&connection));
    return {Failure::Kind::unreachable, what + ": " + (cause.empty() ? "connection lost" : cause)};
}

std::string one_line(std::string_view message) {
    std::string line;
    while (!message.empty()) {
        const auto end = message.find('\n');
        const auto part = message.substr(0, end);
        message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
        // Advice is indented with a tab.
        if (part.empty() || part.starts_with('\t') || part.starts_with("LOCATION:")) continue;
        if (!line.empty()) line += "; ";
        line += part;
    }
    // `FATAL:  28P01: ...`
    for (auto gap = line.find(":  "); gap != std::string::npos; gap = line.find(":  ")) {
        line.erase(gap + 1, 1);
    }
    return line;
}

Task<> request_cancel(PGconn& connection) {
    const std::shared_ptr<PGcancel> request(PQgetCancel(&connection), PQfreeCancel);
    if (!request) co_return;
    std::function<void()> send = [request] {
        std::array<char, 256> error{};
        PQcancel(request.get(), error.data(), static_cast<int>(error.size()));
    };
    auto sending = on_own_thread(std::move(send));
    try {
        co_await with_timeout(std::move(sending), cancel_limit, "a cancel request");
    } catch (const Failure&) {
        // Out of reach: the server ends the query when it next writes to the closed connection.
    }
}

}  // namespace backupwatch
