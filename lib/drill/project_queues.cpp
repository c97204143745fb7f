#include "drill/project_queues.hpp"

#include "core/backup/project_queues.hpp"
#include "core/backup/project_tables.hpp"
#include "postgres/connection.hpp"

#include <set>
#include <string>
#include <utility>

namespace backupwatch {
namespace {

constexpr const char* queues_query =
    "SELECT format('%I.%I', n.nspname, c.relname), c.relrowsecurity, c.relpersistence "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = 'pgmq' AND c.relkind IN ('r', 'p')";

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
    const QueryResult tables = co_await connection.query(queues_query, limit);
    for (const auto& row : tables.rows) {
        const std::string& table = row.at(0).value();
        if (row.at(1) == "t") content.schema.push_back(row_security_of(table));
        if (row.at(2) == "p") content.schema.push_back(logged_queue(table));
    }
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
