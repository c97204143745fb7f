#include "postgres/supabase_parts.hpp"

#include "core/text.hpp"
#include "postgres/connection.hpp"
#include "postgres/supabase.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace backupwatch {
namespace {

/// Whether there is such a table, and whether this role may read all of it.
constexpr std::string_view readable_query = R"sql(
SELECT c.oid IS NOT NULL,
       coalesce(has_schema_privilege(c.relnamespace, 'USAGE')
                AND has_table_privilege(c.oid, 'SELECT') AND NOT row_security_active(c.oid), false)
FROM (SELECT 1) AS one LEFT JOIN pg_class c ON c.oid = (
    SELECT t.oid FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE n.nspname = $SCHEMA AND t.relname = $TABLE)
)sql";

constexpr const char* schema_names_query =
    "SELECT nspname FROM pg_catalog.pg_namespace ORDER BY nspname COLLATE \"C\"";

/// As pg_dump would write them, for those who must make them again.
constexpr const char* platform_policies_query = R"sql(
SELECT n.nspname, c.relname, p.polname
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE (p.tableoid, p.oid) NOT IN (SELECT classid, objid FROM pg_depend WHERE deptype = 'e')
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", p.polname COLLATE "C"
)sql";

constexpr const char* platform_triggers_query = R"sql(
SELECT n.nspname, c.relname, g.tgname
FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_proc f ON f.oid = g.tgfoid
WHERE NOT g.tgisinternal AND f.pronamespace <> c.relnamespace
  AND coalesce((to_jsonb(g) ->> 'tgparentid')::oid, 0) = 0
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", g.tgname COLLATE "C"
)sql";

struct PartCount {
    bool is_there = false;
    std::optional<std::uint64_t> rows;  ///< none: it may not be read
};

std::string in_parentheses(const PartCount& counted) {
    return counted.rows ? " (" + std::to_string(*counted.rows) + ")" : std::string();
}

std::string with_literal(std::string sql, std::string_view place, const std::string& text) {
    return sql.replace(sql.find(place), place.size(), quote_literal(text));
}

Task<PartCount> count(
    Connection& connection, std::string schema, std::string table, Duration limit
) {
    std::string sql = with_literal(std::string(readable_query), "$SCHEMA", schema);
    sql = with_literal(std::move(sql), "$TABLE", table);
    const QueryResult readable = co_await connection.query(std::move(sql), limit);
    PartCount counted;
    counted.is_there = readable.rows.at(0).at(0) == "t";
    if (readable.rows.at(0).at(1) != "t") co_return counted;
    std::string counting = "SELECT pg_catalog.count(*) FROM " + quote_identifier(schema) + "." +
                           quote_identifier(table);
    const QueryResult rows = co_await connection.query(std::move(counting), limit);
    counted.rows = std::stoull(rows.single());
    co_return counted;
}

const PlatformSchema* find_schema(std::string_view name) {
    const auto schemas = platform_schemas();
    const auto found = std::ranges::find(schemas, name, &PlatformSchema::name);
    return found == schemas.end() ? nullptr : &*found;
}

/// What users have put onto tables of the platform's.
Task<> note_on_platform_tables(
    std::vector<NotHeld>& parts,
    Connection& connection,
    std::string kind,
    std::string query,
    Duration limit
) {
    const QueryResult found = co_await connection.query(std::move(query), limit);
    for (const auto& row : found.rows) {
        if (find_schema(row.at(0).value()) == nullptr) continue;
        const std::string table = row.at(0).value() + "." + row.at(1).value();
        parts.push_back({
            clean_line(kind + " \"" + row.at(2).value() + "\" on " + table),
            "the table is the platform's: keep the statement that made it in your migrations",
        });
    }
}

}  // namespace

Task<std::vector<NotHeld>> not_held_of_supabase(Connection& connection, Duration limit) {
    std::vector<NotHeld> parts;
    parts.push_back(
        {"Edge Functions, and the project's settings and keys",
         "they are not in the database: keep them with your code"}
    );
    parts.push_back(
        {"passwords of roles", "no dump of ours holds one: set them anew, in the dashboard"}
    );
    const PartCount objects = co_await count(connection, "storage", "objects", limit);
    if (objects.is_there) {
        parts.push_back(
            {"files of Storage" + in_parentheses(objects),
             "only their rows are in the database: copy the buckets as well"}
        );
    }
    const PartCount secrets = co_await count(connection, "vault", "secrets", limit);
    if (secrets.is_there) {
        parts.push_back(
            {"secrets of the vault" + in_parentheses(secrets),
             "encrypted with a key that no dump holds: keep them elsewhere as well"}
        );
    }
    const PartCount jobs = co_await count(connection, "cron", "job", limit);
    // Without the right to read them they are not in the dump.
    if (jobs.rows) {
        parts.push_back(
            {"the work of cron jobs" + in_parentheses(jobs),
             "the jobs are in the dump, and nothing runs them in a drill; into a project they are "
             "scheduled again, by hand"}
        );
    }
    const QueryResult schemas = co_await connection.query(schema_names_query, limit);
    for (const auto& row : schemas.rows) {
        const PlatformSchema* left_out = find_schema(row.at(0).value());
        if (left_out == nullptr) continue;
        parts.push_back({"schema " + row.at(0).value(), std::string(left_out->why)});
    }
    co_await note_on_platform_tables(parts, connection, "policy", platform_policies_query, limit);
    co_await note_on_platform_tables(parts, connection, "trigger", platform_triggers_query, limit);
    co_return parts;
}

}  // namespace backupwatch
