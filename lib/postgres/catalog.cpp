#include "postgres/catalog.hpp"

#include "postgres/catalog_sql.hpp"
#include "postgres/connection.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <utility>

namespace backupwatch {
namespace {

// An extension's table has its rows in a dump only where the extension says so, perhaps of some
// rows alone: pg_extension_config_dump().
constexpr const char* tables_query = R"sql(
, configuration AS (
    SELECT unnest(extconfig) AS oid, unnest(extcondition) AS filter FROM pg_extension
)
SELECT c.oid, s.nspname, c.relname, f.filter, coalesce(pg_table_size(c.oid), 0)
FROM pg_class c
JOIN space s ON s.oid = c.relnamespace
LEFT JOIN configuration f ON f.oid = c.oid
WHERE c.relkind = 'r' AND c.relpersistence <> 't'
  AND (f.oid IS NOT NULL OR (c.tableoid, c.oid) NOT IN (SELECT classid, objid FROM member))
ORDER BY s.nspname COLLATE "C", c.relname COLLATE "C"
)sql";

constexpr const char* filters_query = R"sql(
SELECT s.nspname, c.relname, f.filter
FROM (SELECT unnest(extconfig) AS oid, unnest(extcondition) AS filter FROM pg_extension) f
JOIN pg_class c ON c.oid = f.oid
JOIN pg_namespace s ON s.oid = c.relnamespace
WHERE f.filter <> ''
)sql";

constexpr const char* columns_query = R"sql(
SELECT a.attrelid, a.attname
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN space s ON s.oid = c.relnamespace
WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY a.attrelid, a.attnum
)sql";

constexpr const char* sequences_query = R"sql(
SELECT s.nspname, c.relname
FROM pg_class c
JOIN space s ON s.oid = c.relnamespace
WHERE c.relkind = 'S' AND c.relpersistence <> 't'
  AND ((c.tableoid, c.oid) NOT IN (SELECT classid, objid FROM member)
       OR c.oid IN (SELECT unnest(extconfig) FROM pg_extension))
)sql";

constexpr const char* invalid_indexes_query = R"sql(
SELECT r.nspname, c.relname
FROM relation r
JOIN pg_index i ON i.indrelid = r.oid
JOIN pg_class c ON c.oid = i.indexrelid
WHERE NOT (i.indisvalid AND i.indisready) AND c.relkind <> 'I'
)sql";

// Multiranges, of 14, are no type of 13.
constexpr const char* session_dependent_query = R"sql(
SELECT r.nspname, r.relname
FROM relation r
WHERE r.relkind IN ('r', 'p', 'm') AND EXISTS (
  WITH RECURSIVE part(of, oid) AS (
    SELECT typelem, oid FROM pg_type WHERE typelem <> 0
    UNION ALL SELECT typbasetype, oid FROM pg_type WHERE typbasetype <> 0
    UNION ALL SELECT rngsubtype, rngtypid FROM pg_range
    UNION ALL SELECT (to_jsonb(g) ->> 'rngtypid')::oid, (to_jsonb(g) ->> 'rngmultitypid')::oid
      FROM pg_range g WHERE to_jsonb(g) ? 'rngmultitypid'
    UNION ALL SELECT m.atttypid, c.reltype
      FROM pg_class c JOIN pg_attribute m ON m.attrelid = c.oid
      WHERE c.relkind = 'c' AND m.attnum > 0 AND NOT m.attisdropped
  ), dependent(oid) AS (
    SELECT oid FROM pg_type
    WHERE typnamespace = 'pg_catalog'::regnamespace AND typname IN (TYPES)
    UNION SELECT part.oid FROM part JOIN dependent ON part.of = dependent.oid
  )
  SELECT FROM pg_attribute a
  WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    AND a.atttypid IN (SELECT oid FROM dependent)
)
)sql";

// Since 18 a constraint can be declared NOT ENFORCED, and is then never checked on purpose.
constexpr const char* invalid_constraints_query = R"sql(
SELECT coalesce(r.nspname, s.nspname), coalesce(r.relname, t.typname), k.conname
FROM pg_constraint k
LEFT JOIN relation r ON r.oid = k.conrelid
LEFT JOIN pg_type t ON t.oid = k.contypid
LEFT JOIN space s ON s.oid = t.typnamespace
WHERE NOT k.convalidated AND coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
  AND (r.oid IS NOT NULL OR s.oid IS NOT NULL)
)sql";

std::string with_user_objects(const char* query, const SchemaNames& left_out = {}) {
    return user_objects(left_out) + query;
}

/// `types`: quoted, of pg_catalog.
std::string tables_with(const char* types) {
    std::string query = with_user_objects(session_dependent_query);
    const std::string place = "TYPES";
    return query.replace(query.find(place), place.size(), types);
}

/// The names that a query returns, one in each row, in parts.
Task<std::vector<std::string>> names(Connection& connection, std::string sql, Duration limit) {
    const QueryResult result = co_await connection.query(std::move(sql), limit);
    std::vector<std::string> found;
    for (const auto& row : result.rows) found.push_back(quoted_name(row));
    std::ranges::sort(found);
    co_return found;
}

/// One query for the values of many sequences: each is a relation of its own.
std::string values_query(std::span<const std::string> sequences) {
    std::string sql;
    for (std::size_t i = 0; i < sequences.size(); ++i) {
        if (i > 0) sql += " UNION ALL ";
        sql += "SELECT " + std::to_string(i) + ", last_value FROM " + sequences[i];
    }
    return sql;
}

std::string select_of(const TableContent& table, const std::vector<std::string>& columns) {
    std::string sql = "SELECT ";
    for (const auto& column : columns) {
        if (&column != &columns.front()) sql += ", ";
        sql += quote_identifier(column);
    }
    // A partition root has no rows but those of its partitions.
    sql += (table.root == table.name ? " FROM " : " FROM ONLY ") + table.name;
    if (!table.filter.empty()) sql += " " + table.filter;
    return sql;
}

/// A tree and not a list, since PostgreSQL's parser recurses over a UNION.
std::string all_of(std::span<const std::string> selects) {
    if (selects.size() == 1) return selects.front();
    const auto half = selects.size() / 2;
    return "(" + all_of(selects.first(half)) + ") UNION ALL (" + all_of(selects.subspan(half)) +
           ")";
}

std::string copy_of(const std::string& select, std::string_view encoding) {
    return "COPY (" + select + ") TO STDOUT (ENCODING " + quote_literal(encoding) + ")";
}

}  // namespace

std::vector<std::pair<std::string, std::string>> faithful_settings() {
    return {
        {"search_path", ""},
        {"TimeZone", "UTC"},
        {"DateStyle", "ISO, YMD"},
        {"IntervalStyle", "postgres"},
        {"extra_float_digits", "3"},
        {"bytea_output", "hex"},
        {"xmlbinary", "base64"},
        {"quote_all_identifiers", "off"},
        {"row_security", "off"},
        {"statement_timeout", "0"},
        {"idle_in_transaction_session_timeout", "0"},
        {"idle_session_timeout", "0"},
        {"transaction_timeout", "0"},
    };
}

std::string copy_query(const TableContent& table, std::string_view encoding) {
    return copy_of(select_of(table, table.columns), encoding);
}

std::string copy_query(const TableContent& table, const Manifest& manifest) {
    if (table.root.empty()) return copy_query(table, manifest.encoding);
    std::vector<std::string> selects;
    for (const TableContent& leaf : manifest.tables) {
        if (leaf.root == table.root) selects.push_back(select_of(leaf, table.columns));
    }
    return copy_of(all_of(selects), manifest.encoding);
}

Task<std::vector<DumpedTable>> dumped_tables(
    Connection& connection, Duration limit, const SchemaNames& left_out
) {
    std::string tables_sql = with_user_objects(tables_query, left_out);
    const QueryResult tables = co_await connection.query(std::move(tables_sql), limit);
    std::string columns_sql = with_user_objects(columns_query, left_out);
    QueryResult columns = co_await connection.query(std::move(columns_sql), limit);

    std::map<std::string, std::vector<std::string>> columns_of;
    for (auto& row : columns.rows) {
        columns_of[row.at(0).value()].push_back(std::move(row.at(1).value()));
    }
    std::vector<DumpedTable> found;
    for (const auto& row : tables.rows) {
        DumpedTable table;
        table.schema = row.at(1).value();
        table.name = row.at(2).value();
        table.quoted = quoted_name({table.schema, table.name});
        table.filter = row.at(3).value_or("");
        table.bytes = std::stoull(row.at(4).value());
        table.columns = std::move(columns_of[row.at(0).value()]);
        found.push_back(std::move(table));
    }
    co_return found;
}

Task<std::vector<std::pair<std::string, std::string>>> extension_filters(
    Connection& connection, Duration limit
) {
    const QueryResult result = co_await connection.query(filters_query, limit);
    std::vector<std::pair<std::string, std::string>> filters;
    for (const auto& row : result.rows) {
        const std::string name = quoted_name({row.at(0).value(), row.at(1).value()});
        filters.emplace_back(name, row.at(2).value());
    }
    co_return filters;
}

Task<std::vector<std::string>> invalid_indexes(Connection& connection, Duration limit) {
    return names(connection, with_user_objects(invalid_indexes_query), limit);
}

Task<std::vector<std::string>> invalid_constraints(Connection& connection, Duration limit) {
    return names(connection, with_user_objects(invalid_constraints_query), limit);
}

Task<std::vector<std::string>> session_dependent_tables(
    Connection& connection, bool with_floats, Duration limit
) {
    const char* types = with_floats ? "'money', 'float4', 'float8'" : "'money'";
    return names(connection, tables_with(types), limit);
}

Task<std::vector<std::string>> zone_dependent_tables(Connection& connection, Duration limit) {
    return names(connection, tables_with("'timestamptz'"), limit);
}

Task<std::vector<std::string>> bytes_dependent_tables(Connection& connection, Duration limit) {
    return names(connection, tables_with("'bytea'"), limit);
}

Task<std::vector<std::pair<std::string, std::int64_t>>> sequence_values(
    Connection& connection,
    Duration limit,
    const SchemaNames& left_out,
    const std::vector<std::string>& excluded
) {
    auto finding = names(connection, with_user_objects(sequences_query, left_out), limit);
    std::vector<std::string> sequences = co_await std::move(finding);
    std::erase_if(sequences, [&](const std::string& name) {
        return std::ranges::find(excluded, name) != excluded.end();
    });
    std::vector<std::pair<std::string, std::int64_t>> values;
    // PostgreSQL's parser recurses over a UNION: thousands of parts would exhaust its stack.
    constexpr std::size_t batch = 200;
    for (std::size_t first = 0; first < sequences.size(); first += batch) {
        const auto count = std::min(batch, sequences.size() - first);
        const std::span<const std::string> part(&sequences[first], count);
        std::string sql = values_query(part);
        const QueryResult result = co_await connection.query(std::move(sql), limit);
        for (const auto& row : result.rows) {
            const auto& name = part[std::stoull(row.at(0).value())];
            values.emplace_back(name, std::stoll(row.at(1).value()));
        }
    }
    std::ranges::sort(values);
    co_return values;
}

Task<std::vector<ExtensionVersion>> extensions(Connection& connection, Duration limit) {
    const QueryResult result = co_await connection.query(
        "SELECT extname, extversion, extnamespace::regnamespace FROM pg_extension "
        "ORDER BY extname COLLATE \"C\"",
        limit
    );
    std::vector<ExtensionVersion> found;
    for (const auto& row : result.rows) {
        found.push_back({row.at(0).value(), row.at(1).value(), row.at(2).value()});
    }
    co_return found;
}

Task<std::uint64_t> large_object_count(Connection& connection, Duration limit) {
    const QueryResult result =
        co_await connection.query("SELECT count(*) FROM pg_largeobject_metadata", limit);
    co_return std::stoull(result.single());
}

}  // namespace backupwatch
