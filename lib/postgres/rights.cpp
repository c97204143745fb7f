#include "postgres/rights.hpp"

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

std::string hidden_query_of(const std::vector<DumpedTable>& tables) {
    std::string names = "VALUES ('', '')";  // of no table: a list must not be empty
    for (const DumpedTable& table : tables) {
        names += ", (" + quote_literal(table.schema) + ", " + quote_literal(table.name) + ")";
    }
    std::string sql = hidden_query;
    sql.replace(sql.find('$'), 1, names);
    return user_objects + sql;
}

}  // namespace

Task<Rights> rights_on(
    Connection& connection, const std::vector<DumpedTable>& tables, Duration limit
) {
    Rights rights;
    const QueryResult role = co_await connection.query("SELECT current_user", limit);
    rights.role = quote_identifier(role.single());
    std::string sql = hidden_query_of(tables);
    const QueryResult hidden = co_await connection.query(std::move(sql), limit);
    for (const auto& row : hidden.rows) {
        const bool readable = row.at(2) == "t";
        std::string name = quoted_name({row.at(0), row.at(1)});
        (readable ? rights.filtered : rights.unreadable).push_back(std::move(name));
    }
    co_return rights;
}

}  // namespace backupwatch
