#include "postgres/connection.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace backupwatch {
namespace {

/// Every word that some server from 12 to 18 quotes: its keywords but the unreserved ones. The
/// list grows with each major version, and a name must read the same on the source and on a newer
/// server that restores it, so names are quoted here and not there.
// clang-format off
constexpr std::array<std::string_view, 164> keywords{
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization",
    "between", "bigint", "binary", "bit", "boolean", "both", "case", "cast", "char", "character",
    "check", "coalesce", "collate", "collation", "column", "concurrently", "constraint", "create",
    "cross", "current_catalog", "current_date", "current_role", "current_schema", "current_time",
    "current_timestamp", "current_user", "dec", "decimal", "default", "deferrable", "desc",
    "distinct", "do", "else", "end", "except", "exists", "extract", "false", "fetch", "float",
    "for", "foreign", "freeze", "from", "full", "grant", "greatest", "group", "grouping", "having",
    "ilike", "in", "initially", "inner", "inout", "int", "integer", "intersect", "interval", "into",
    "is", "isnull", "join", "json", "json_array", "json_arrayagg", "json_exists", "json_object",
    "json_objectagg", "json_query", "json_scalar", "json_serialize", "json_table", "json_value",
    "lateral", "leading", "least", "left", "like", "limit", "localtime", "localtimestamp",
    "merge_action", "national", "natural", "nchar", "none", "normalize", "not", "notnull", "null",
    "nullif", "numeric", "offset", "on", "only", "or", "order", "out", "outer", "overlaps",
    "overlay", "placing", "position", "precision", "primary", "real", "references", "returning",
    "right", "row", "select", "session_user", "setof", "similar", "smallint", "some", "substring",
    "symmetric", "system_user", "table", "tablesample", "then", "time", "timestamp", "to",
    "trailing", "treat", "trim", "true", "union", "unique", "user", "using", "values", "varchar",
    "variadic", "verbose", "when", "where", "window", "with", "xmlattributes", "xmlconcat",
    "xmlelement", "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot",
    "xmlserialize", "xmltable",
};
// clang-format on

}  // namespace

std::string quote_identifier(std::string_view name) {
    const auto is_first = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
    const auto is_plain = [&](char c) { return is_first(c) || (c >= '0' && c <= '9'); };
    const bool plain = !name.empty() && is_first(name.front()) &&
                       std::ranges::all_of(name, is_plain) &&
                       !std::ranges::binary_search(keywords, name);
    if (plain) return std::string(name);
    std::string quoted = "\"";
    for (const char character : name) {
        if (character == '"') quoted += '"';
        quoted += character;
    }
    return quoted + '"';
}

std::string quote_literal(std::string_view text) {
    // As quote_literal() of the server: right whatever standard_conforming_strings says.
    std::string quoted = text.find('\\') == std::string_view::npos ? "'" : "E'";
    for (const char character : text) {
        if (character == '\'' || character == '\\') quoted += character;
        quoted += character;
    }
    return quoted + '\'';
}

}  // namespace backupwatch
