#include "drill/verify.hpp"

#include "core/backup/drill_verdict.hpp"
#include "core/backup/identifier.hpp"
#include "core/backup/restore_errors.hpp"
#include "core/failure.hpp"
#include "drill/large_objects.hpp"
#include "drill/project_queues.hpp"
#include "drill/project_survey.hpp"
#include "postgres/catalog.hpp"
#include "postgres/connection.hpp"
#include "postgres/supabase.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace backupwatch {
namespace {

constexpr int first_with_shortest_floats = 120000;

/// Of what a query names and is not there, nobody knows whether the extension had it.
void require_nothing_of(
    const LeftOut& left_out, int major, const std::string& query, const Failure& failure
) {
    const std::string_view said = failure.what();
    if (left_out.extensions.empty() || said.find(" does not exist") == said.npos) return;
    std::vector<MissingHere> missing;
    for (const std::string& extension : left_out.extensions) {
        missing.push_back(missing_extension(extension, major));
    }
    const auto [sentence, hint] = in_words(missing);
    throw Failure(
        Failure::Kind::missing,
        sentence + ", and the query \"" + query + "\" may need it: " + failure.what(),
        hint
    );
}

/// As PostgREST does for a request. Returns why that role is none of the restored database's.
Task<std::optional<std::string>> become(
    Connection& connection, const Queries& queries, Duration limit
) {
    std::string sql = "SELECT pg_catalog.set_config('request.jwt.claims', " +
                      quote_literal(queries.claims) +
                      ", false), pg_catalog.set_config("
                      "'search_path', '\"$user\", public, extensions', false); SET ROLE " +
                      quote_identifier(queries.role);
    std::optional<std::string> refusal;
    try {
        co_await connection.query(std::move(sql), limit);
    } catch (const Failure& failure) {
        if (!speaks_of_content(failure.kind())) throw;
        refusal = failure.what();
    }
    co_return refusal;
}

/// Whether it is valid there is the platform's.
bool is_in_schema_of_each_project(const std::string& name) {
    return is_of_each_project(identifier_parts(name).front());
}

}  // namespace

std::string copy_of_query(std::string query) {
    const auto last = query.find_last_not_of("; \t\r\n\f\v");
    query.erase(last == std::string::npos ? 0 : last + 1);
    return "COPY (" + query + "\n) TO STDOUT";
}

Task<> read_restored(
    RestoredContent& content,
    const Sandbox& sandbox,
    const Manifest& manifest,
    Pool& pool,
    Duration limit
) {
    const Secret conninfo = sandbox.server->conninfo(sandbox.database);
    const Connection::Settings settings = faithful_settings();
    auto connection = co_await Connection::connect(conninfo, settings, limit);
    content.server_version = connection->server_version();
    // Into which whoever restored may not look.
    SchemaNames closed;
    if (sandbox.is_project()) closed = schemas_closed_in_project();
    auto objects = manifest.is_from_file ? named_objects(*connection, limit)
                                         : schema_objects(*connection, limit, closed);
    content.schema = co_await std::move(objects);
    content.invalid_indexes = co_await invalid_indexes(*connection, limit);
    content.invalid_constraints = co_await invalid_constraints(*connection, limit);
    if (sandbox.is_project()) {
        std::erase_if(content.invalid_indexes, is_in_schema_of_each_project);
        std::erase_if(content.invalid_constraints, is_in_schema_of_each_project);
    }
    const auto sequences = co_await sequence_values(*connection, limit, closed);
    for (const auto& [name, value] : sequences) content.sequences.push_back({name, value});
    if (sandbox.is_project()) co_await read_queues(content, *connection, manifest, limit);
    if (manifest.is_from_file) {
        // Before 12 pg_dump wrote more digits of a float than it has.
        const bool with_floats = manifest.server_version < first_with_shortest_floats;
        auto reading = session_dependent_tables(*connection, with_floats, limit);
        const std::vector<std::string> tables = co_await std::move(reading);
        content.session_dependent.insert(tables.begin(), tables.end());
        auto reading_times = zone_dependent_tables(*connection, limit);
        const std::vector<std::string> zoned = co_await std::move(reading_times);
        content.zone_dependent.insert(zoned.begin(), zoned.end());
        auto reading_bytes = bytes_dependent_tables(*connection, limit);
        const std::vector<std::string> with_bytes = co_await std::move(reading_bytes);
        content.bytes_dependent.insert(with_bytes.begin(), with_bytes.end());
    }
    const std::uint64_t large_objects = co_await large_object_count(*connection, limit);
    if (large_objects > 0 || manifest.large_objects) {
        content.large_objects = co_await read_large_objects(*connection, pool, limit);
    }
}

Task<> run_queries(
    Verification& verification,
    const Queries& queries,
    const LeftOut& left_out,
    const Sandbox& sandbox,
    Pool& pool,
    Duration limit
) {
    if (queries.texts.empty()) co_return;
    const Secret conninfo = sandbox.server->conninfo(sandbox.database);
    const Connection::Settings settings{{"default_transaction_read_only", "on"}};
    auto connection = co_await Connection::connect(conninfo, settings, limit);
    if (!queries.role.empty()) {
        const auto refusal = co_await become(*connection, queries, limit);
        if (refusal) {
            const std::string error = "no query can run as the role: " + *refusal;
            verification.checks.push_back({"role " + queries.role, false, *refusal});
            verification.errors.push_back(error);
            co_return;
        }
    }
    const std::string as = queries.role.empty() ? "" : " as " + queries.role;
    for (const std::string& query : queries.texts) {
        VerifiedCheck check{"query" + as + ": " + query, true, "runs"};
        const std::string copy = copy_of_query(query);
        auto rows = std::make_shared<std::uint64_t>(0);
        Connection::RowSink count = [rows](std::string_view) { ++*rows; };
        try {
            co_await connection->copy_out(copy, pool, std::move(count), limit);
            check.detail = std::to_string(*rows) + " rows";
        } catch (const Failure& failure) {
            if (!speaks_of_content(failure.kind())) throw;
            // A project that cannot have it will not have it on another machine either.
            if (!sandbox.is_project()) {
                require_nothing_of(left_out, sandbox.installation.major, query, failure);
            }
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
