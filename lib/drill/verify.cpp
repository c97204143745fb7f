#include "drill/verify.hpp"

#include "core/failure.hpp"
#include "postgres/catalog.hpp"
#include "postgres/connection.hpp"
#include "postgres/row_hash.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace backupwatch {
namespace {

/// The same line for each large object that the dump's side hashes: `oid<TAB>sha256-hex`.
constexpr const char* large_object_lines =
    "SELECT oid::text || E'\\t' || "
    "pg_catalog.encode(pg_catalog.sha256(pg_catalog.lo_get(oid)), 'hex') "
    "FROM pg_catalog.pg_largeobject_metadata";

Task<Rows> read_large_objects(Connection& connection, Duration limit) {
    const QueryResult oids =
        co_await connection.query("SELECT oid FROM pg_catalog.pg_largeobject_metadata", limit);
    Rows sum;
    // In batches: one result for a million objects would stand whole in memory.
    constexpr std::size_t batch = 1000;
    for (std::size_t first = 0; first < oids.rows.size(); first += batch) {
        std::string list;
        for (std::size_t i = first; i < std::min(first + batch, oids.rows.size()); ++i) {
            list += (list.empty() ? "" : ",") + oids.rows[i].at(0).value();
        }
        const std::string sql = std::string(large_object_lines) + " WHERE oid IN (" + list + ")";
        const QueryResult lines = co_await connection.query(sql, limit);
        for (const auto& row : lines.rows) sum += hash_row(row.at(0).value());
    }
    co_return sum;
}

/// A query that COPY can wrap has no semicolon at its end.
std::string trimmed(std::string query) {
    while (!query.empty() && (query.back() == ';' || query.back() == ' ' || query.back() == '\n')) {
        query.pop_back();
    }
    return query;
}

}  // namespace

Task<> read_restored(
    RestoredContent& content, const Sandbox& sandbox, const Manifest& manifest, Duration limit
) {
    const Secret conninfo = sandbox.cluster->conninfo(sandbox.database);
    const Connection::Settings settings = faithful_settings();
    auto connection = co_await Connection::connect(conninfo, settings, limit);
    content.server_version = connection->server_version();
    content.schema = co_await schema_objects(*connection, limit);
    content.invalid_indexes = co_await invalid_indexes(*connection, limit);
    content.invalid_constraints = co_await invalid_constraints(*connection, limit);
    const auto sequences = co_await sequence_values(*connection, limit);
    for (const auto& [name, value] : sequences) content.sequences.push_back({name, value});
    const std::uint64_t large_objects = co_await large_object_count(*connection, limit);
    if (large_objects > 0 || manifest.large_objects) {
        content.large_objects = co_await read_large_objects(*connection, limit);
    }
}

Task<> run_queries(
    Verification& verification,
    const std::vector<std::string>& queries,
    const Sandbox& sandbox,
    Pool& pool,
    Duration limit
) {
    if (queries.empty()) co_return;
    const Secret conninfo = sandbox.cluster->conninfo(sandbox.database);
    const Connection::Settings settings{{"default_transaction_read_only", "on"}};
    auto connection = co_await Connection::connect(conninfo, settings, limit);
    for (const std::string& query : queries) {
        VerifiedCheck check{"query: " + query, true, "runs"};
        // COPY evaluates every column of every row, as an application's fetch would; no result has
        // to fit into our memory.
        const std::string copy = "COPY (" + trimmed(query) + ") TO STDOUT";
        auto rows = std::make_shared<std::uint64_t>(0);
        Connection::RowSink count = [rows](std::string_view) { ++*rows; };
        try {
            co_await connection->copy_out(copy, pool, std::move(count), limit);
            check.detail = std::to_string(*rows) + " rows";
        } catch (const Failure& failure) {
            check.ok = false;
            check.detail = failure.what();
            verification.errors.push_back("the query \"" + query + "\" fails: " + failure.what());
        }
        verification.checks.push_back(std::move(check));
    }
}

void add_errors(
    Verification& verification, const std::string& check, const std::vector<std::string>& errors
) {
    const std::string detail =
        errors.empty() ? "no error" : std::to_string(errors.size()) + " errors";
    verification.checks.push_back({check, errors.empty(), detail});
    verification.errors.insert(verification.errors.end(), errors.begin(), errors.end());
}

}  // namespace backupwatch
