#include "core/backup/identifier.hpp"

#include <algorithm>
#include <iterator>

namespace backupwatch {
namespace {

/// That no name can be without quotes, in PostgreSQL 9 to 18.
constexpr std::string_view reserved_words[] = {
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "over",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with"};

bool is_plain_letter(char c) {
    return (c >= 'a' && c <= 'z') || c == '_';
}

bool needs_quotes(const std::string& part) {
    if (part.empty() || !is_plain_letter(part.front())) return true;
    const bool is_plain = std::ranges::all_of(part, [](char c) {
        return is_plain_letter(c) || (c >= '0' && c <= '9');
    });
    return !is_plain || std::ranges::find(reserved_words, part) != std::end(reserved_words);
}

}  // namespace

std::vector<std::string> identifier_parts(std::string_view name) {
    std::vector<std::string> parts(1);
    bool is_quoted = false;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name[i] == '"') {
            // Within quotes a doubled quote stands for one.
            const bool is_doubled = is_quoted && i + 1 < name.size() && name[i + 1] == '"';
            if (is_doubled) {
                parts.back() += name[++i];
            } else {
                is_quoted = !is_quoted;
            }
        } else if (name[i] == '.' && !is_quoted) {
            parts.emplace_back();
        } else {
            parts.back() += name[i];
        }
    }
    return parts;
}

std::string plainly_quoted(const std::vector<std::string>& parts) {
    std::string name;
    for (const std::string& part : parts) {
        if (&part != &parts.front()) name += '.';
        if (!needs_quotes(part)) {
            name += part;
            continue;
        }
        name += '"';
        for (const char c : part) name += c == '"' ? "\"\"" : std::string(1, c);
        name += '"';
    }
    return name;
}

}  // namespace backupwatch
