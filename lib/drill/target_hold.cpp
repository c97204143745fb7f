#include "core/failure.hpp"
#include "drill/target.hpp"
#include "postgres/connection.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <utility>

// How a restore has its database alone: by a lock of the server's, which goes with its session.
namespace backupwatch {
namespace {

constexpr int tries_to_hold = 20;

/// Of servers since 14. The session that holds the lock says nothing for as long as a restore
/// takes; a query whose client is gone is at work in a database that the next restore is to drop.
constexpr std::pair<const char*, const char*> session_settings[] = {
    {"idle_session_timeout", "0"}, {"client_connection_check_interval", "2s"}};

constexpr const char* take_name = "SET application_name = 'backupwatch_restore'";

constexpr const char* held_query =
    "SELECT count(*) FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted "
    "AND pid = pg_catalog.pg_backend_pid()";

}  // namespace

Task<> TargetDatabase::a_moment(Duration length) {
    asio::steady_timer pause(co_await asio::this_coro::executor);
    pause.expires_after(length);
    co_await pause.async_wait(asio::use_awaitable);
}

Task<std::unique_ptr<Connection>> TargetDatabase::ask_server() {
    const Secret conninfo = server_.conninfo("postgres");
    const Connection::Settings none;
    auto server = co_await Connection::connect(conninfo, none, target_limit);
    // A pooler has a name of its own for its sessions.
    if (!server_.project().empty()) co_await server->query(take_name, target_limit);
    if (!has_agreed_) co_await agree_on_settings(*server);
    has_agreed_ = true;
    co_return server;
}

/// Those that this server takes hold in this session, and in all that come.
Task<> TargetDatabase::agree_on_settings(Connection& server) {
    for (const auto& [name, value] : session_settings) {
        const std::string sql =
            "SELECT pg_catalog.set_config(name, " + quote_literal(value) +
            ", false) FROM pg_catalog.pg_settings WHERE name = " + quote_literal(name);
        try {
            const QueryResult set = co_await server.query(sql, target_limit);
            if (!set.rows.empty()) server_.begins_with(name, value);
        } catch (const Failure& failure) {
            // Not every system can tell that a client is gone.
            if (failure.kind() != Failure::Kind::rejected) throw;
        }
    }
}

/// Of a restore that was killed, the server may take a moment to see that it is gone.
Task<bool> TargetDatabase::try_to_hold(Connection& server) const {
    const std::string try_lock =
        "SELECT pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended(" +
        quote_literal("backupwatch restore " + server_.database()) + ", 0))";
    for (int i = 0; i < tries_to_hold; ++i) {
        const QueryResult got = co_await server.query(try_lock, target_limit);
        if (got.single() == "t") co_return true;
        co_await a_moment();
    }
    co_return false;
}

Task<> TargetDatabase::hold() {
    held_ = co_await ask_server();
    const bool is_ours = co_await try_to_hold(*held_);
    if (is_ours) {
        const QueryResult pid =
            co_await held_->query("SELECT pg_catalog.pg_backend_pid()", target_limit);
        held_pid_ = pid.single();
        co_return;
    }
    held_.reset();
    TargetFacts facts;
    facts.place = server_.place();
    facts.is_under_way = true;
    require_accepted(decide_target(facts));
}

/// The server may have cut the session that holds the database, which nobody hears of who does not
/// ask. It is held again where it can be.
Task<> TargetDatabase::hold_on() {
    bool is_held = false;
    try {
        if (held_) {
            const QueryResult held = co_await held_->query(held_query, target_limit);
            is_held = held.single() != "0";
        }
    } catch (const Failure&) {
        // Whatever has become of that session.
    }
    if (is_held) co_return;
    held_.reset();
    const LeftInPlace left = left_;
    if (left != LeftInPlace::as_it_was) left_ = LeftInPlace::another;
    co_await hold();
    left_ = left;
}

/// While nobody held it, another restore may have dropped it and made one of that name.
Task<> TargetDatabase::require_own(Connection& server) {
    const std::string oid = co_await ask_oid(server);
    if (oid == oid_) co_return;
    left_ = LeftInPlace::another;
    throw Failure(
        Failure::Kind::rejected,
        server_.place() +
            " is no more what this restore has filled: somebody has taken it meanwhile",
        "see who restores there, or into another database."
    );
}

/// Empty: there is none of that name. Another one of that name has another.
Task<std::string> TargetDatabase::ask_oid(Connection& server) const {
    const std::string sql = "SELECT oid FROM pg_catalog.pg_database WHERE datname = " +
                            quote_literal(server_.database());
    const QueryResult found = co_await server.query(sql, target_limit);
    if (found.rows.empty()) co_return std::string();
    co_return found.single();
}

}  // namespace backupwatch
