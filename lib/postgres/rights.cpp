#include "postgres/rights.hpp"

#include "core/words.hpp"
#include "postgres/catalog_sql.hpp"
#include "postgres/connection.hpp"

#include <utility>

namespace backupwatch {
namespace {

// row_security_active says whether policies apply to this role, which depends on ownership, FORCE
// and BYPASSRLS. The right to read a table is of no use without that on its schema. A sequence of a
// table that is not dumped is not dumped either; one of an extension where the extension says so.
constexpr const char* hidden_query = R"sql(
, numbering AS (
    SELECT d.objid AS oid, t.relkind, tn.nspname, t.relname
    FROM pg_depend d
    JOIN pg_class q ON q.oid = d.objid AND q.relkind = 'S'
    JOIN pg_class t ON t.oid = d.refobjid
    JOIN pg_namespace tn ON tn.oid = t.relnamespace
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
      AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
), asked(nspname, relname) AS (
    $
), wanted AS (
    SELECT c.oid, c.relname, s.nspname, c.relkind = 'S' AS is_sequence,
           has_schema_privilege(s.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable,
           CASE WHEN n.oid IS NOT NULL THEN format('%I.%I', n.nspname, n.relname) END AS owner_table
    FROM pg_class c
    JOIN space s ON s.oid = c.relnamespace
    LEFT JOIN numbering n ON n.oid = c.oid
    WHERE (s.nspname, c.relname) IN (TABLE asked)
       OR c.relkind = 'S' AND c.oid IN (SELECT unnest(extconfig) FROM pg_extension)
       OR c.relkind = 'S' AND c.oid IN (SELECT oid FROM relation)
          AND (n.relkind IS DISTINCT FROM 'r' OR (n.nspname, n.relname) IN (TABLE asked))
)
SELECT w.nspname, w.relname, w.is_sequence, w.readable, e.extname, w.owner_table
FROM wanted w
LEFT JOIN pg_depend d
    ON d.classid = 'pg_class'::regclass AND d.objid = w.oid AND d.deptype = 'e'
LEFT JOIN pg_extension e ON e.oid = d.refobjid
WHERE NOT w.readable OR row_security_active(w.oid)
ORDER BY w.nspname COLLATE "C", w.relname COLLATE "C"
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
        HiddenRelation relation;
        relation.schema = row.at(0).value();
        relation.name = row.at(1).value();
        relation.is_sequence = row.at(2) == "t";
        relation.is_filtered = row.at(3) == "t";
        relation.extension = row.at(4).value_or("");
        relation.owner_table = row.at(5).value_or("");
        rights.hidden.push_back(std::move(relation));
    }
    const QueryResult objects = co_await connection.query(hidden_large_objects_query, limit);
    rights.large_objects = std::stoull(objects.single());
    co_return rights;
}

std::string HiddenRelation::quoted() const {
    return quoted_name({schema, name});
}

std::string right_to_read(const std::string& role, int server_version) {
    if (server_version >= first_with_read_all_data) return "GRANT pg_read_all_data TO " + role;
    return "GRANT USAGE ON SCHEMA, and SELECT ON ALL TABLES and ALL SEQUENCES IN SCHEMA, of each "
           "of them TO " +
           role;
}

std::string right_to_every_row(const std::string& role) {
    return "ALTER ROLE " + role + " BYPASSRLS";
}

Failure hidden_rows(const Rights& rights, int server_version) {
    std::vector<std::string> unreadable;
    std::vector<std::string> filtered;
    for (const HiddenRelation& relation : rights.hidden) {
        (relation.is_filtered ? filtered : unreadable).push_back(relation.quoted());
    }
    std::vector<std::string> lacks;
    std::vector<std::string> grants;
    if (!unreadable.empty()) {
        lacks.push_back("may not read " + listed(unreadable));
        grants.push_back(right_to_read(rights.role, server_version));
    }
    if (rights.large_objects > 0) {
        lacks.push_back("may not read " + counted(rights.large_objects, "large object"));
        grants.push_back(
            "GRANT SELECT ON LARGE OBJECT, of each in pg_largeobject_metadata, TO " + rights.role +
            ", or dump as a superuser: pg_read_all_data does not cover them"
        );
    }
    if (!filtered.empty()) {
        lacks.push_back(
            "cannot see every row of " + listed(filtered) + ": row-level security applies to it"
        );
        grants.push_back(right_to_every_row(rights.role));
    }
    return {
        Failure::Kind::denied,
        "the role " + rights.role + " " + joined(lacks, ", and "),
        joined(grants, "; ") + "."};
}

}  // namespace backupwatch
