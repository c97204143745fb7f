#include "postgres/rights.hpp"

#include "core/words.hpp"
#include "postgres/catalog_sql.hpp"
#include "postgres/connection.hpp"

#include <utility>

namespace backupwatch {
namespace {

// row_security_active says whether policies apply to this role, which depends on ownership, FORCE
// and BYPASSRLS. The right to read a table is of no use without that on its schema.
constexpr const char* hidden_query = R"sql(
, wanted AS (
    SELECT c.oid, c.relname, s.nspname,
           has_schema_privilege(s.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable
    FROM pg_class c JOIN space s ON s.oid = c.relnamespace
    WHERE (s.nspname, c.relname) IN ($)
       OR c.relkind = 'S' AND c.oid IN (SELECT oid FROM relation)
)
SELECT nspname, relname, readable
FROM wanted
WHERE NOT readable OR row_security_active(oid)
ORDER BY nspname COLLATE "C", relname COLLATE "C"
)sql";

// pg_read_all_data does not cover them, and before 18 no function tells of the right to one. Of
// every role a superuser has what it has.
constexpr const char* hidden_large_objects_query = R"sql(
SELECT count(*) FROM pg_largeobject_metadata
WHERE current_setting('lo_compat_privileges') = 'off'
  AND NOT pg_has_role(lomowner, 'USAGE')
  AND NOT EXISTS (
      SELECT FROM aclexplode(lomacl)
      WHERE privilege_type = 'SELECT' AND (grantee = 0 OR pg_has_role(grantee, 'USAGE'))
  )
)sql";

constexpr int first_with_read_all_data = 140000;

std::string joined(const std::vector<std::string>& parts, const std::string& between) {
    std::string text;
    for (const auto& part : parts) text += (text.empty() ? "" : between) + part;
    return text;
}

std::string hidden_query_of(const std::vector<DumpedTable>& tables, const SchemaNames& left_out) {
    std::string names = "VALUES ('', '')";  // of no table: a list must not be empty
    for (const DumpedTable& table : tables) {
        names += ", (" + quote_literal(table.schema) + ", " + quote_literal(table.name) + ")";
    }
    std::string sql = hidden_query;
    sql.replace(sql.find('$'), 1, names);
    return user_objects(left_out) + sql;
}

}  // namespace

Task<Rights> rights_on(
    Connection& connection,
    const std::vector<DumpedTable>& tables,
    Duration limit,
    const SchemaNames& left_out
) {
    Rights rights;
    const QueryResult role = co_await connection.query("SELECT current_user", limit);
    rights.role = quote_identifier(role.single());
    std::string sql = hidden_query_of(tables, left_out);
    const QueryResult hidden = co_await connection.query(std::move(sql), limit);
    for (const auto& row : hidden.rows) {
        const bool readable = row.at(2) == "t";
        std::string name = quoted_name({row.at(0), row.at(1)});
        (readable ? rights.filtered : rights.unreadable).push_back(std::move(name));
    }
    const QueryResult objects = co_await connection.query(hidden_large_objects_query, limit);
    rights.large_objects = std::stoull(objects.single());
    co_return rights;
}

Failure hidden_rows(const Rights& rights, int server_version) {
    std::vector<std::string> lacks;
    std::vector<std::string> grants;
    if (!rights.unreadable.empty()) {
        lacks.push_back("may not read " + listed(rights.unreadable));
        const bool has_role = server_version >= first_with_read_all_data;
        grants.push_back(
            has_role ? "GRANT pg_read_all_data TO " + rights.role
                     : "GRANT USAGE ON SCHEMA, and SELECT ON ALL TABLES and ALL SEQUENCES IN "
                       "SCHEMA, of each of them TO " +
                           rights.role
        );
    }
    if (rights.large_objects > 0) {
        lacks.push_back("may not read " + counted(rights.large_objects, "large object"));
        grants.push_back(
            "GRANT SELECT ON LARGE OBJECT, of each in pg_largeobject_metadata, TO " + rights.role +
            ", or dump as a superuser: pg_read_all_data does not cover them"
        );
    }
    if (!rights.filtered.empty()) {
        lacks.push_back(
            "cannot see every row of " + listed(rights.filtered) +
            ": row-level security applies to it"
        );
        grants.push_back("ALTER ROLE " + rights.role + " BYPASSRLS");
    }
    return {
        Failure::Kind::denied,
        "the role " + rights.role + " " + joined(lacks, ", and "),
        joined(grants, "; ") + "."};
}

}  // namespace backupwatch
