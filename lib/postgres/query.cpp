#include "postgres/query.hpp"

#include <optional>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::size_t bytes_max = std::size_t{256} << 20;

/// Takes what libpq hands out row by row: so a result that grows without bound is noticed while it
/// grows, not when memory has run out.
class Collector {
  public:
    explicit Collector(const std::string& what) : what_(what) {}

    void take(const PGresult& result) {
        switch (PQresultStatus(&result)) {
            case PGRES_SINGLE_TUPLE:
                take_rows(result);
                return;
            case PGRES_TUPLES_OK:
                take_rows(result);
                statement_ended_ = true;
                return;
            case PGRES_COMMAND_OK:
            case PGRES_EMPTY_QUERY:
                begin_statement();
                return;
            case PGRES_FATAL_ERROR:
                if (!failure_) failure_ = server_failure(result, what_);
                return;
            default:
                throw Failure(Failure::Kind::internal, what_ + ": a COPY where rows were awaited");
        }
    }

    QueryResult finish() && {
        if (failure_) throw Failure(*failure_);
        return std::move(result_);
    }

  private:
    void begin_statement() {
        result_ = {};
        bytes_ = 0;
        statement_ended_ = false;
    }

    void take_rows(const PGresult& result) {
        if (statement_ended_) begin_statement();
        const int width = PQnfields(&result);
        if (result_.columns.empty()) {
            for (int column = 0; column < width; ++column) {
                result_.columns.emplace_back(PQfname(&result, column));
            }
        }
        for (int row = 0; row < PQntuples(&result); ++row) take_row(result, row, width);
    }

    void take_row(const PGresult& result, int row, int width) {
        auto& values = result_.rows.emplace_back(static_cast<std::size_t>(width));
        bytes_ += sizeof(values) + values.size() * sizeof(values[0]);
        for (int column = 0; column < width; ++column) {
            if (PQgetisnull(&result, row, column) != 0) continue;
            const auto size = static_cast<std::size_t>(PQgetlength(&result, row, column));
            values[static_cast<std::size_t>(column)].emplace(
                PQgetvalue(&result, row, column), size
            );
            bytes_ += size;
        }
        if (bytes_ > bytes_max) {
            throw Failure(Failure::Kind::rejected, what_ + ": its result is larger than 256 MiB");
        }
    }

    const std::string& what_;
    QueryResult result_;
    std::optional<Failure> failure_;
    std::size_t bytes_ = 0;
    bool statement_ended_ = false;
};

}  // namespace

Task<QueryResult> run_query(PGconn& connection, std::string sql, std::string what) {
    if (PQsendQuery(&connection, sql.c_str()) == 0) throw lost_failure(connection, what);
    PQsetSingleRowMode(&connection);
    // The server reads a whole query before it answers, so there is nothing to read meanwhile.
    while (PQflush(&connection) == 1) co_await socket_ready(connection, Direction::write);
    Collector collector(what);
    for (;;) {
        while (PQisBusy(&connection) == 1) {
            co_await socket_ready(connection, Direction::read);
            if (PQconsumeInput(&connection) == 0) throw lost_failure(connection, what);
        }
        const ResultHandle result(PQgetResult(&connection));
        if (!result) co_return std::move(collector).finish();
        collector.take(*result);
    }
}

}  // namespace backupwatch
