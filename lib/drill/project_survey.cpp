#include "drill/project_survey.hpp"

#include "core/backup/identifier.hpp"
#include "core/backup/project_lacks.hpp"
#include "core/failure.hpp"
#include "postgres/catalog_sql.hpp"
#include "postgres/connection.hpp"
#include "postgres/supabase.hpp"

#include <set>
#include <utility>
#include <vector>

namespace backupwatch {
namespace {

/// Of a project in use it is enough to know that there are many.
constexpr std::size_t most_counted = 1000;

// A database that a dump of a project was restored into has its tables, and none of these schemas.
constexpr const char* layout_query = R"sql(
SELECT count(*) = 2 AND EXISTS (
    SELECT FROM pg_namespace WHERE nspname IN ('graphql_public', 'pgbouncer', 'vault'))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND (n.nspname, c.relname) IN (('auth', 'users'), ('storage', 'objects'))
  AND pg_get_userbyid(c.relowner) LIKE 'supabase\_%'
)sql";

// Triggers of the platform's call functions that lie beside their tables.
constexpr const char* users_objects_query = R"sql(
, one(kind, name) AS (
    SELECT 'schema', format('%I', nspname) FROM space
    WHERE nspname <> 'public' AND ('pg_namespace'::regclass::oid, oid) NOT IN (SELECT * FROM member)
    UNION ALL
    SELECT CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
               WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE 'table' END,
           format('%I.%I', nspname, relname)
    FROM relation r
    WHERE relkind NOT IN ('i', 'I', 't') AND NOT (relkind = 'S' AND EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = r.oid
        AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0))
    UNION ALL
    SELECT 'function', format('%I.%I', s.nspname, p.proname)
    FROM pg_proc p JOIN space s ON s.oid = p.pronamespace
    WHERE ('pg_proc'::regclass::oid, p.oid) NOT IN (SELECT * FROM member)
    UNION ALL
    SELECT 'type', format('%I.%I', s.nspname, t.typname)
    FROM pg_type t JOIN space s ON s.oid = t.typnamespace
    WHERE t.typtype IN ('e', 'd', 'r')
      AND ('pg_type'::regclass::oid, t.oid) NOT IN (SELECT * FROM member)
    UNION ALL
    SELECT 'trigger', format('%I on %I.%I', t.tgname, n.nspname, c.relname)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE NOT t.tgisinternal AND n.nspname IN ('auth', 'realtime', 'storage')
      AND p.pronamespace <> n.oid
    UNION ALL
    SELECT 'policy', format('%I on %I.%I', p.polname, n.nspname, c.relname)
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('auth', 'realtime', 'storage')
    UNION ALL
    SELECT 'publication', format('%I', pubname) FROM pg_publication
    WHERE pubname NOT LIKE 'supabase\_realtime%'
    UNION ALL
    SELECT 'foreign server', format('%I', srvname) FROM pg_foreign_server f
    WHERE ('pg_foreign_server'::regclass::oid, f.oid) NOT IN (SELECT * FROM member)
    UNION ALL
    SELECT 'large object', oid::text FROM pg_largeobject_metadata
)
SELECT kind, count(*), a[1], a[2], a[3]
FROM (SELECT kind, (array_agg(name ORDER BY name))[1:3] AS a, count(*) AS count FROM one GROUP BY kind) k
GROUP BY kind, count, a ORDER BY kind
)sql";

// Those that a dump of a project has rows for. Whoever is to restore has made the queues that are
// loaded: what lies in one is somebody's, and not that it is there.
constexpr const char* row_tables_query = R"sql(
SELECT n.nspname, c.relname,
       has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname IN ('auth', 'cron', 'pgmq', 'storage')
  AND (n.nspname, c.relname) NOT IN (
    ('auth', 'schema_migrations'), ('storage', 'migrations'), ('pgmq', 'meta'))
ORDER BY 1, 2
)sql";

/// Those of them that are there and closed to whoever restores: into what the load itself makes it
/// may write.
std::string closed_tables_query(const std::vector<LoadedTable>& tables) {
    std::string names;
    for (const LoadedTable& table : tables) {
        names += (names.empty() ? "" : ", ") + quote_literal(table.name);
    }
    return "SELECT name FROM (SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name "
           "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
           "WHERE c.relkind IN ('r', 'p')) t WHERE name = ANY (ARRAY[" +
           names + "]) AND NOT has_table_privilege(oid, 'INSERT') ORDER BY 1";
}

// A table of the user's own that lies in a schema of the platform's no script makes either.
constexpr const char* absent_query = R"sql(
, there AS (
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p'))
SELECT w.name, coalesce(w.attribute, '')
FROM wanted w LEFT JOIN there t ON t.name = w.name
WHERE CASE WHEN w.attribute IS NULL THEN t.oid IS NULL ELSE t.oid IS NOT NULL AND NOT EXISTS (
    SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = w.attribute
    AND a.attgenerated = '' AND NOT a.attisdropped) END
ORDER BY w.name, w.attribute
)sql";

bool is_platforms(const std::string& quoted) {
    return is_of_each_project(identifier_parts(quoted).front());
}

/// `WITH wanted(name, attribute) AS (VALUES ('auth.users', NULL), ('auth.users', 'id'))`
std::string wanted_of_project(const ProjectNeeds& needs) {
    std::string rows;
    const auto want = [&rows](const std::string& table, const std::string& attribute) {
        rows += (rows.empty() ? "(" : ", (") + quote_literal(table) + ", " + attribute + ")";
    };
    for (const auto* tables : {&needs.loaded, &needs.empty}) {
        for (const LoadedTable& table : *tables) {
            if (!is_platforms(table.name)) continue;
            want(table.name, "NULL::text");
            for (const std::string& column : table.columns) want(table.name, quote_literal(column));
        }
    }
    return rows.empty() ? rows : "WITH wanted(name, attribute) AS (VALUES " + rows + ")";
}

/// Of these, those that are not there; empty: of none of them a project is asked.
std::string absent_sequences_query(const std::vector<std::string>& sequences) {
    std::string rows;
    for (const std::string& sequence : sequences) {
        if (!is_platforms(sequence)) continue;
        rows += (rows.empty() ? "(" : ", (") + quote_literal(sequence) + ")";
    }
    if (rows.empty()) return rows;
    return "SELECT w.name FROM (VALUES " + rows +
           ") w(name) WHERE NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n "
           "ON n.oid = c.relnamespace WHERE c.relkind = 'S' "
           "AND format('%I.%I', n.nspname, c.relname) = w.name) ORDER BY 1";
}

constexpr const char* queue_tables_query =
    "SELECT format('%I.%I', n.nspname, c.relname), c.relispartition "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind IN ('r', 'p') AND n.nspname = 'pgmq'";

bool speaks_of_right(const Failure& failure) {
    return failure.kind() == Failure::Kind::denied || failure.kind() == Failure::Kind::rejected;
}

std::vector<std::string> platforms_and_projects_schemas() {
    std::vector<std::string> schemas = platform_schema_names();
    for (const std::string_view schema : project_schemas()) schemas.emplace_back(schema);
    return schemas;
}

Task<> survey_objects(ProjectContent& content, Connection& connection, Duration limit) {
    std::string sql = user_objects(platforms_and_projects_schemas()) + users_objects_query;
    const QueryResult objects = co_await connection.query(std::move(sql), limit);
    for (const auto& row : objects.rows) {
        ProjectContent::Part part;
        part.kind = row.at(0).value();
        part.count = std::stoull(row.at(1).value());
        for (std::size_t i = 2; i < row.size(); ++i) {
            if (row.at(i)) part.names.push_back(*row.at(i));
        }
        content.found.push_back(std::move(part));
    }
}

/// `SELECT 'auth.users', count(*) FROM (SELECT FROM auth.users LIMIT 1001) r`
std::string count_statement(const std::string& table) {
    return "SELECT " + quote_literal(table) + ", count(*) FROM (SELECT FROM " + table + " LIMIT " +
           std::to_string(most_counted + 1) + ") r";
}

Task<> survey_rows(ProjectContent& content, Connection& connection, Duration limit) {
    const QueryResult tables = co_await connection.query(row_tables_query, limit);
    std::string sql;
    for (const auto& row : tables.rows) {
        const std::string table =
            quote_identifier(row.at(0).value()) + "." + quote_identifier(row.at(1).value());
        if (row.at(2) != "t") {
            content.lacking_rights.push_back("SELECT on " + table);
        } else {
            sql += (sql.empty() ? "" : " UNION ALL ") + count_statement(table);
        }
    }
    if (sql.empty()) co_return;
    try {
        const QueryResult counts = co_await connection.query(std::move(sql), limit);
        for (const auto& row : counts.rows) {
            ProjectContent::Part part;
            part.kind = "row in " + row.at(0).value();
            part.count = std::stoull(row.at(1).value());
            part.is_more = part.count > most_counted;
            if (part.is_more) part.count = most_counted;
            if (part.count > 0) content.found.push_back(std::move(part));
        }
    } catch (const Failure& failure) {
        // Row-level security would hide what is there.
        if (!speaks_of_right(failure)) throw;
        content.lacking_rights.emplace_back("BYPASSRLS");
    }
}

Task<> survey_rights(
    ProjectContent& content, Connection& connection, std::vector<LoadedTable> tables, Duration limit
) {
    // Of which each project has rows that any dump has.
    if (tables.empty()) tables = {{"auth.users", {}}, {"storage.objects", {}}};
    std::string sql = closed_tables_query(tables);
    const QueryResult closed = co_await connection.query(std::move(sql), limit);
    for (const auto& row : closed.rows) {
        content.lacking_rights.push_back("INSERT on " + row.at(0).value());
    }
}

/// A queue that is called as a part of a partitioned one would take its rows, and be none.
Task<> survey_queues(
    ProjectContent& content,
    Connection& connection,
    const ProjectNeeds& needs,
    ProjectLacks& lacks,
    Duration limit
) {
    const QueryResult tables = co_await connection.query(queue_tables_query, limit);
    std::set<std::string> names;
    for (const auto& row : tables.rows) {
        const std::string& name = row.at(0).value();
        names.insert(name);
        if (row.at(1) != "t" && needs.queues.parts.contains(name)) lacks.absent.push_back({name});
    }
    content.queue_tables = std::move(names);
}

Task<> survey_absent(
    ProjectContent& content, Connection& connection, const ProjectNeeds& needs, Duration limit
) {
    ProjectLacks lacks;
    std::string sql = wanted_of_project(needs);
    if (!sql.empty()) {
        sql += absent_query;
        const QueryResult absent = co_await connection.query(std::move(sql), limit);
        for (const auto& row : absent.rows) {
            lacks.absent.push_back({row.at(0).value(), row.at(1).value()});
        }
    }
    std::string sequences_sql = absent_sequences_query(needs.sequences);
    if (!sequences_sql.empty()) {
        const QueryResult absent = co_await connection.query(std::move(sequences_sql), limit);
        for (const auto& row : absent.rows) lacks.sequences.push_back(row.at(0).value());
    }
    if (needs.has_queues) co_await survey_queues(content, connection, needs, lacks, limit);
    judge_lacks(content, needs, lacks);
}

/// A hosted project lets its `postgres` do that, and says so nowhere: it is tried. Outside of a
/// transaction it changes nothing.
Task<> try_replication_role(ProjectContent& content, Connection& connection, Duration limit) {
    try {
        co_await connection.query("SET LOCAL session_replication_role = replica", limit);
    } catch (const Failure& failure) {
        if (!speaks_of_right(failure)) throw;
        content.lacking_rights.emplace_back("SET on session_replication_role");
    }
}

}  // namespace

Task<std::optional<ProjectContent>> survey_project(
    Connection& connection, ProjectNeeds needs, Duration limit
) {
    const QueryResult layout = co_await connection.query(layout_query, limit);
    if (layout.single() != "t") co_return std::nullopt;
    ProjectContent content;
    co_await survey_objects(content, connection, limit);
    co_await survey_rows(content, connection, limit);
    co_await survey_absent(content, connection, needs, limit);
    co_await survey_rights(content, connection, std::move(needs.loaded), limit);
    co_await try_replication_role(content, connection, limit);
    co_return content;
}

std::vector<std::string> schemas_closed_in_project() {
    std::vector<std::string> schemas = platform_schema_names();
    schemas.emplace_back("cron");
    return schemas;
}

std::string is_at_work_in_project() {
    return "a.usename NOT LIKE 'supabase\\_%' AND a.usename NOT IN ('authenticator', 'pgbouncer') "
           "AND coalesce(a.state, '') <> 'idle'";
}

}  // namespace backupwatch
