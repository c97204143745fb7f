#include "drill/project_queues.hpp"

#include "core/backup/project_queues.hpp"
#include "core/backup/project_tables.hpp"
#include "postgres/catalog.hpp"
#include "postgres/connection.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace backupwatch {
namespace {

/// Those that are there, as the server itself writes their names.
std::string sequences_query(const std::set<std::string>& names) {
    std::string wanted;
    for (const std::string& name : names) {
        wanted += (wanted.empty() ? "" : ", ") + quote_literal(name);
    }
    return "SELECT name FROM (SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name "
           "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'S') s "
           "WHERE name = ANY (ARRAY[" +
           wanted + "]) AND has_table_privilege(oid, 'SELECT')";
}

}  // namespace

Task<> read_queues(
    RestoredContent& content, Connection& connection, const Manifest& manifest, Duration limit
) {
    auto& schema = content.schema;
    const std::vector<SchemaObject> queues = co_await queue_objects(connection, limit);
    schema.insert(schema.end(), queues.begin(), queues.end());
    const std::vector<SchemaObject> secured = row_security_of_queues(queues);
    schema.insert(schema.end(), secured.begin(), secured.end());
    // Those that are no members have been read already.
    std::ranges::sort(schema);
    const auto again = std::ranges::unique(schema);
    schema.erase(again.begin(), again.end());
    const ProjectNeeds needs = project_needs(manifest);
    std::set<std::string> unread(needs.sequences.begin(), needs.sequences.end());
    for (const auto& sequence : content.sequences) unread.erase(sequence.name);
    if (unread.empty()) co_return;
    std::string sql = sequences_query(unread);
    const QueryResult there = co_await connection.query(std::move(sql), limit);
    for (const auto& row : there.rows) {
        const std::string& name = row.at(0).value();
        std::string value_sql = "SELECT last_value FROM " + name;
        const QueryResult value = co_await connection.query(std::move(value_sql), limit);
        content.sequences.push_back({name, std::stoll(value.single())});
    }
}

}  // namespace backupwatch
