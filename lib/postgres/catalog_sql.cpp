#include "postgres/catalog_sql.hpp"

#include "postgres/connection.hpp"

namespace backupwatch {

const char* const user_objects = R"sql(
WITH member AS (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
), space AS (
    SELECT oid, nspname FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), relation AS (
    SELECT c.*, s.nspname FROM pg_class c JOIN space s ON s.oid = c.relnamespace
    WHERE c.relpersistence <> 't'
      AND (c.tableoid, c.oid) NOT IN (SELECT classid, objid FROM member)
)
)sql";

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
