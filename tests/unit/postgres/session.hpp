#pragma once
#include "core/failure.hpp"
#include "fakes/test_postgres.hpp"
#include "postgres/connection.hpp"
#include "support/loop.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace backupwatch {

inline const TestPostgres& server() {
    return TestPostgres::shared();
}

/// A session with the shared server, used from blocking code.
struct Session {
    static constexpr Duration limit = std::chrono::seconds(20);

    explicit Session(const std::string& conninfo, Connection::Settings settings = {})
        : connection(run_on(loop, Connection::connect(Secret(conninfo), std::move(settings), limit))
          ) {}

    QueryResult query(const std::string& sql, Duration within = limit) {
        return run_on(loop, connection->query(sql, within));
    }
    std::string value(const std::string& sql) { return query(sql).single(); }

    asio::io_context loop{1};
    std::unique_ptr<Connection> connection;
};

/// True once the server runs no query with `mark` in it, the question itself left out.
inline bool server_forgets(const TestPostgres& server, const std::string& mark) {
    const std::string sql =
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%" + mark +
        "%' AND pid <> pg_backend_pid()";
    for (int tries = 0; tries < 250; ++tries) {
        if (server.value("postgres", sql) == "0") return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
}

/// Runs `action`, which has to throw a Failure, and returns that.
template <class Action>
Failure failure_of(Action action) {
    try {
        action();
    } catch (const Failure& failure) {
        return failure;
    }
    ADD_FAILURE() << "nothing failed";
    return {Failure::Kind::internal, ""};
}

inline bool says(const Failure& failure, const std::string& text) {
    return std::string(failure.what()).find(text) != std::string::npos;
}

}  // namespace backupwatch
