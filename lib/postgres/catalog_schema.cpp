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

}  // namespace

Task<std::vector<SchemaObject>> schema_objects(
    Connection& connection, Duration limit, const SchemaNames& left_out
) {
    std::vector<SchemaObject> objects;
    for (const char* const text : schema_queries) {
        std::string sql = user_objects(left_out) + text;
        QueryResult result = co_await connection.query(std::move(sql), limit);
        for (auto& row : result.rows) objects.push_back(object_of(row));
    }
    std::ranges::sort(objects);
    co_return objects;
}

}  // namespace backupwatch
