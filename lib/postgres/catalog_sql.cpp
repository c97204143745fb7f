#include "postgres/catalog_sql.hpp"

#include "postgres/connection.hpp"

namespace backupwatch {

std::string user_objects(const std::vector<std::string>& left_out) {
    std::string names;
    for (const auto& schema : left_out) names += ", " + quote_literal(schema);
    std::string sql = R"sql(
WITH member AS (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
), space AS (
    SELECT oid, nspname FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema'$)
), relation AS (
    SELECT c.*, s.nspname FROM pg_class c JOIN space s ON s.oid = c.relnamespace
    WHERE c.relpersistence <> 't'
      AND (c.tableoid, c.oid) NOT IN (SELECT classid, objid FROM member)
)
)sql";
    return sql.replace(sql.find('$'), 1, names);
}

std::string queues_objects() {
    return R"sql(
WITH member AS (
    SELECT classid, objid FROM pg_depend WHERE false
), space AS (
    SELECT oid, nspname FROM pg_namespace WHERE false
), relation AS (
    SELECT c.*, s.nspname FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
    WHERE s.nspname = 'pgmq' AND c.relname ~ '^[aq]_' AND c.relpersistence <> 't'
)
)sql";
}

std::string quoted_name(const std::vector<std::optional<std::string>>& parts) {
    std::string name;
    for (const auto& part : parts) {
        if (!part) continue;
        if (!name.empty()) name += '.';
        name += quote_identifier(*part);
    }
    return name;
}

}  // namespace backupwatch
