#pragma once
#include "store/columns.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace backupwatch {

/// One use of a prepared statement, reset at the end so that no read outlives its verb.
class Query {
  public:
    template <class... Values>
    explicit Query(SQLite::Statement& statement, const Values&... values) : statement_(statement) {
        int index = 0;
        (bind_column(statement_, ++index, values), ...);
    }
    ~Query() { statement_.tryReset(); }
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    /// Steps to the next row; false after the last.
    bool next() { return statement_.executeStep(); }
    /// Runs a statement without rows; returns how many it changed.
    int run() { return statement_.exec(); }
    /// The columns of this row, in order.
    template <class... Values>
    void read(Values&... values) const {
        read_from(0, values...);
    }
    /// Those from that one on.
    template <class... Values>
    void read_from(int first, Values&... values) const {
        (read_column(statement_.getColumn(first++), values), ...);
    }

  private:
    SQLite::Statement& statement_;
};

/// One connection to an SQLite file, and its statements, each prepared once: ten simulated years
/// are millions of them. Used by one thread at a time. Throws SQLite::Exception.
class Database {
  public:
    /// `file` exists, or is `:memory:`.
    explicit Database(const std::string& file);

    template <class... Values>
    Query query(std::string_view sql, const Values&... values) {
        return Query(statement(sql), values...);
    }
    /// Runs a statement without rows; returns how many it changed.
    template <class... Values>
    int execute(std::string_view sql, const Values&... values) {
        Query query(statement(sql), values...);
        return query.run();
    }
    /// Runs a script of statements without values.
    void script(const std::string& sql) { connection_.exec(sql); }

    SQLite::Database& connection() { return connection_; }

  private:
    SQLite::Statement& statement(std::string_view sql);

    SQLite::Database connection_;
    std::map<std::string, SQLite::Statement, std::less<>> statements_;
};

/// Takes the right to write at its beginning (waiting for a second process at most the busy
/// timeout), so that nothing it read can have changed when it writes. Rolls back unless committed.
class Transaction : public SQLite::Transaction {
  public:
    explicit Transaction(Database& database)
        : SQLite::Transaction(database.connection(), SQLite::TransactionBehavior::IMMEDIATE) {}
};

}  // namespace backupwatch
