#include "postgres/connection.hpp"

#include "async/either.hpp"
#include "async/with_timeout.hpp"
#include "postgres/connect.hpp"
#include "postgres/copy_out.hpp"
#include "postgres/query.hpp"
#include "postgres/server_cause.hpp"
#include "postgres/supabase.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

namespace backupwatch {
namespace {

/// The beginning of a statement in one line: enough to know it by.
std::string excerpt(const std::string& sql) {
    constexpr std::size_t length = 60;
    std::string text;
    for (const char character : sql) {
        const bool space = character == ' ' || character == '\n' || character == '\t';
        if (space && (text.empty() || text.back() == ' ')) continue;
        text += space ? ' ' : character;
        if (text.size() > length) return text.substr(0, length) + "...";
    }
    return text;
}

/// The job of a copy, named as g++ 12 wants it.
struct CopyJob {
    PGconn* connection;
    std::string sql;
    Connection::RowSink on_row;
    const StopSignal* stop;
    std::string what;

    void operator()() const { copy_rows(*connection, sql, on_row, *stop, what); }
};

/// Raises the signal when it goes: also with a coroutine that was cancelled before it began.
class RaiseAtEnd {
  public:
    explicit RaiseAtEnd(const StopSignal& signal) : signal_(&signal) {}
    RaiseAtEnd(RaiseAtEnd&& other) noexcept : signal_(std::exchange(other.signal_, nullptr)) {}
    RaiseAtEnd& operator=(RaiseAtEnd&&) = delete;
    ~RaiseAtEnd() {
        if (signal_ != nullptr) signal_->raise();
    }

  private:
    const StopSignal* signal_;
};

/// Never ends by itself; cancelled, it raises the signal.
Task<> pass_cancellation_on([[maybe_unused]] RaiseAtEnd raise) {
    auto executor = co_await asio::this_coro::executor;
    asio::steady_timer never(executor, asio::steady_timer::time_point::max());
    co_await never.async_wait(asio::use_awaitable);
}

class LibpqConnection : public Connection {
  public:
    LibpqConnection(ConnectionHandle handle, std::string target)
        : handle_(std::move(handle)),
          target_(std::move(target)),
          server_version_(PQserverVersion(handle_.get())) {}

    Task<QueryResult> query(std::string sql, Duration limit) override {
        const std::string what = named(sql);
        auto work = query_to_the_end(std::move(sql), what);
        auto result = co_await with_timeout(std::move(work), limit, what);
        co_return result;
    }

    Task<> copy_out(std::string sql, Pool& pool, RowSink on_row, Duration limit) override {
        const std::string what = named(sql);
        auto work = copy_to_the_end(std::move(sql), pool, std::move(on_row), what);
        co_await with_timeout(std::move(work), limit, what);
    }

    int server_version() const override { return server_version_; }

  private:
    std::string named(const std::string& sql) const {
        return "query \"" + excerpt(sql) + "\" on " + target_;
    }

    void require_open(const std::string& what) const {
        if (handle_) return;
        const std::string message = what + ": the connection was closed by an earlier failure";
        throw Failure(Failure::Kind::unreachable, message);
    }

    // Both run in a coroutine thread of their own (with_timeout's), so that what they do to its
    // cancellation is over when they are.
    Task<QueryResult> query_to_the_end(std::string sql, std::string what) {
        require_open(what);
        QueryResult result;
        std::exception_ptr failure;
        try {
            auto work = run_query(*handle_, sql, what);
            result = co_await std::move(work);
        } catch (...) {
            failure = std::current_exception();
        }
        if (!failure) co_return result;
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        co_await settle();
        std::rethrow_exception(failure);
    }

    Task<> copy_to_the_end(std::string sql, Pool& pool, RowSink on_row, std::string what) {
        require_open(what);
        const StopSignal stop;
        CopyJob job{handle_.get(), std::move(sql), std::move(on_row), &stop, what};
        std::exception_ptr failure;
        try {
            auto copying = pool.run(std::move(job));
            auto watching = pass_cancellation_on(RaiseAtEnd(stop));
            co_await either(std::move(copying), std::move(watching));
        } catch (...) {
            failure = std::current_exception();
        }
        if (!failure) co_return;
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        co_await settle();
        std::rethrow_exception(failure);
    }

    /// After a failure: a session that is still busy is told to end its work and closed, one that
    /// broke is closed, one that only said no is kept.
    Task<> settle() {
        const bool busy = PQtransactionStatus(handle_.get()) == PQTRANS_ACTIVE;
        if (!busy && PQstatus(handle_.get()) == CONNECTION_OK) co_return;
        const ConnectionHandle closing = std::move(handle_);
        if (busy) co_await request_cancel(*closing);
    }

    ConnectionHandle handle_;
    std::string target_;
    int server_version_;
};

/// Settings that only newer servers know; older ones do without.
constexpr std::array<std::pair<std::string_view, int>, 2> newer_settings{{
    {"idle_session_timeout", 140000},
    {"transaction_timeout", 170000},
}};

std::string settings_query(const Connection::Settings& settings, int server_version) {
    std::string calls;
    for (const auto& [name, value] : settings) {
        const auto newer = std::ranges::find(
            newer_settings, std::string_view(name), &decltype(newer_settings)::value_type::first
        );
        if (newer != newer_settings.end() && server_version < newer->second) continue;
        calls += calls.empty() ? "SELECT " : ", ";
        calls += "pg_catalog.set_config(" + quote_literal(name) + ", " + quote_literal(value) +
                 ", false)";
    }
    return calls;
}

/// Settings go in a statement and not in the startup packet: PgBouncer refuses a connection with
/// parameters in it that it does not know.
Task<std::unique_ptr<Connection>> open(
    ConnectOptions options, std::string target, Connection::Settings settings, Duration limit
) {
    auto opening = open_connection(std::move(options), target);
    auto handle = co_await std::move(opening);
    std::unique_ptr<Connection> connection =
        std::make_unique<LibpqConnection>(std::move(handle), std::move(target));
    std::string sql = settings_query(settings, connection->server_version());
    if (!sql.empty()) co_await connection->query(std::move(sql), limit);
    co_return connection;
}

}  // namespace

Task<std::unique_ptr<Connection>> Connection::connect(
    Secret conninfo, Settings settings, Duration limit
) {
    auto options = parse_conninfo(conninfo);
    const ConnectOptions effective = effective_options(options);
    const auto target = target_of(effective);
    auto work = open(std::move(options), target, std::move(settings), limit);
    try {
        auto connection = co_await with_timeout(std::move(work), limit, "connection to " + target);
        co_return connection;
    } catch (Failure& failure) {
        const std::string hint = supabase_hint(effective, failure.what());
        if (!hint.empty()) failure = Failure(failure.kind(), failure.what(), hint);
        failure.blame(server_cause(effective, failure.kind()));
        throw;
    }
}

const std::string& QueryResult::single() const {
    const bool one = rows.size() == 1 && rows[0].size() == 1 && rows[0][0].has_value();
    if (!one) throw Failure(Failure::Kind::internal, "a query did not return exactly one value");
    return *rows[0][0];
}

}  // namespace backupwatch
