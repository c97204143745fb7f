#include "postgres/catalog.hpp"
#include "postgres/catalog_sql.hpp"
#include "postgres/connection.hpp"
#include "postgres/definition.hpp"
#include "postgres/schema_queries.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

enum Column : std::size_t { kind, first_part, second_part, third_part, arguments, definition };

SchemaObject object_of(std::vector<std::optional<std::string>>& row) {
    SchemaObject object;
    object.kind = row.at(kind).value();
    object.name = quoted_name({row.at(first_part), row.at(second_part), row.at(third_part)}) +
                  row.at(arguments).value_or("");
    // The text of a function is its author's, word for word; the rest is PostgreSQL's wording.
    const bool verbatim = object.kind == "function" || object.kind == "procedure";
    object.definition = row.at(definition).value_or("");
    if (!verbatim) object.definition = restored_wording(object.definition);
    return object;
}

/// Where a table says ROW LEVEL SECURITY, a materialized view WITH NO DATA.
constexpr const char* end_of_named =
    "SELECT kind, part_1, part_2, part_3, arguments, pg_catalog.right(definition, 200) FROM (";
constexpr const char* named_alone =
    ") AS object (kind, part_1, part_2, part_3, arguments, definition) "
    "WHERE kind IN ('table', 'column', 'policy', 'materialized view')";

Task<std::vector<SchemaObject>> ask_for_objects(
    Connection& connection, Duration limit, std::string before, std::string after
) {
    std::vector<SchemaObject> objects;
    for (const char* const text : schema_queries) {
        std::string sql = before + text + after;
        QueryResult result = co_await connection.query(std::move(sql), limit);
        for (auto& row : result.rows) objects.push_back(object_of(row));
    }
    std::ranges::sort(objects);
    co_return objects;
}

}  // namespace

Task<std::vector<SchemaObject>> schema_objects(
    Connection& connection, Duration limit, const SchemaNames& left_out
) {
    return ask_for_objects(connection, limit, user_objects(left_out), "");
}

Task<std::vector<SchemaObject>> queue_objects(Connection& connection, Duration limit) {
    return ask_for_objects(connection, limit, queues_objects(), "");
}

Task<std::vector<SchemaObject>> named_objects(Connection& connection, Duration limit) {
    return ask_for_objects(connection, limit, user_objects() + end_of_named, named_alone);
}

}  // namespace backupwatch
