#include "drill/exported.hpp"

#include "config/error.hpp"
#include "core/text.hpp"
#include "core/words.hpp"
#include "postgres/connection.hpp"

#include <algorithm>
#include <cctype>

namespace backupwatch {
namespace {

constexpr Duration catalog_limit = std::chrono::minutes(1);

/// As people compare them: without the schema, without quotes, in lower case.
std::string bare_name(std::string_view name) {
    std::string bare;
    for (const char letter : name.substr(std::min(name.rfind('.') + 1, name.size()))) {
        if (letter != '"')
            bare += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    }
    return bare;
}

/// Of the same name, in whatever schema and case, or else the one that looks most like it.
std::vector<std::string> near_names(const std::string& table, const std::vector<std::string>& all) {
    std::vector<std::string> near;
    const std::string wanted = bare_name(table);
    std::vector<std::string> bare;
    for (const std::string& name : all) {
        bare.push_back(bare_name(name));
        if (bare.back() == wanted) near.push_back(name);
    }
    if (!near.empty()) return near;
    const std::string_view nearest_name = nearest(wanted, {bare.begin(), bare.end()});
    for (std::size_t i = 0; i < all.size() && !nearest_name.empty(); ++i) {
        if (bare[i] == nearest_name) near.push_back(all[i]);
    }
    return near;
}

Failure no_such_table(const std::string& table, const std::vector<std::string>& all) {
    const std::vector<std::string> near = near_names(table, all);
    std::string hint = "`\\dt *.*` in `backupwatch open` without --export lists them.";
    if (!near.empty()) hint = "did you mean " + clean_line(listed(near)) + "?";
    if (all.empty()) hint = "it has no table at all.";
    return Failure(
        Failure::Kind::rejected, "the backup has no table " + clean_line(table), std::move(hint)
    );
}

/// Of those that may hold rows, or are taken to.
constexpr const char* all_tables = R"(
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1)";

std::string about(const std::string& table) {
    return R"(
SELECT CASE c.relkind WHEN 'r' THEN '' WHEN 'p' THEN '' WHEN 'v' THEN 'a view'
           WHEN 'm' THEN 'a materialized view' WHEN 'f' THEN 'a foreign table'
           WHEN 'S' THEN 'a sequence' ELSE 'no table' END,
       coalesce((SELECT e.extname FROM pg_catalog.pg_depend d
                 JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
                 WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
                   AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
                   AND d.deptype = 'e'), '')
FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass()" +
           quote_literal(table) + ")";
}

/// Between double quotes a pattern of pg_dump has no letter that means something else.
std::string family_of(const std::string& table) {
    return R"(
WITH RECURSIVE family AS (
    SELECT pg_catalog.to_regclass()" +
           quote_literal(table) + R"()::pg_catalog.oid AS member
    UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN family ON i.inhparent = member)
SELECT '"' || replace(n.nspname, '"', '""') || '"."' || replace(c.relname, '"', '""') || '"'
FROM family JOIN pg_catalog.pg_class c ON c.oid = member
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') ORDER BY 1)";
}

std::vector<std::string> first_column(const QueryResult& result) {
    std::vector<std::string> values;
    for (const auto& row : result.rows) values.push_back(row.front().value_or(""));
    return values;
}

/// A text that is no name of a table at all is none of this database.
Task<QueryResult> ask_about(Connection& database, const std::string& table) {
    try {
        co_return co_await database.query(about(table), catalog_limit);
    } catch (const Failure& failure) {
        if (failure.kind() != Failure::Kind::rejected) throw;
    }
    co_return QueryResult();
}

}  // namespace

void require_table(const Manifest& manifest, const std::string& table) {
    if (manifest.is_from_file) return;
    std::vector<std::string> names;
    for (const TableContent& content : manifest.tables) names.push_back(content.name);
    for (const SchemaObject& object : manifest.schema) names.push_back(object.name);
    const auto is_meant = [wanted = bare_name(table)](const std::string& name) {
        return bare_name(name) == wanted;
    };
    if (std::ranges::any_of(names, is_meant)) return;
    names.resize(manifest.tables.size());
    throw no_such_table(table, names);
}

Task<std::vector<std::string>> tables_to_export(const Sandbox& sandbox, std::string table) {
    const Secret conninfo = sandbox.server->conninfo(sandbox.database);
    const Connection::Settings none;
    auto database = co_await Connection::connect(conninfo, none, catalog_limit);
    const QueryResult found = co_await ask_about(*database, table);
    if (found.rows.empty()) {
        const QueryResult all = co_await database->query(all_tables, catalog_limit);
        throw no_such_table(table, first_column(all));
    }
    const std::string kind = found.rows.front().at(0).value_or("");
    const std::string extension = found.rows.front().at(1).value_or("");
    if (!kind.empty() || !extension.empty()) {
        throw Failure(
            Failure::Kind::rejected,
            "cannot export " + clean_line(table) + ": it is " +
                (kind.empty() ? "a table of the extension " + clean_line(extension) : kind),
            "open the backup without --export, and use `\\copy (SELECT ...) TO 'file'`."
        );
    }
    const QueryResult family = co_await database->query(family_of(table), catalog_limit);
    co_return first_column(family);
}

}  // namespace backupwatch
