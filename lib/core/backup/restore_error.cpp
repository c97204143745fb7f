#include "core/backup/restore_error.hpp"

#include "core/backup/debian_package.hpp"
#include "core/backup/restore_error_table.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace backupwatch {
namespace {

namespace table = restore_error_table;

constexpr std::size_t row_count = std::size(table::rows);

/// Whatever is longer names something that no PostgreSQL has; and anybody may have written it.
constexpr std::size_t longest_text = 8000;

/// Of a pattern, what comes before its first wildcard, and behind that.
struct Pieces {
    std::string_view literal;
    std::string_view rest;
    bool has_wildcard = false;
    bool is_name = false;
};

Pieces pieces_of(std::string_view pattern) {
    const auto star = pattern.find('*');
    const auto name = pattern.find("{}");
    const auto first = std::min(star, name);
    if (first == std::string_view::npos) return {pattern, {}};
    const std::size_t size = name < star ? 2 : 1;
    return {pattern.substr(0, first), pattern.substr(first + size), true, name < star};
}

/// Whether the whole text is as the pattern says; then `name` is what stands for the name.
bool match(std::string_view text, std::string_view pattern, std::string_view& name) {
    const Pieces here = pieces_of(pattern);
    if (!text.starts_with(here.literal)) return false;
    text.remove_prefix(here.literal.size());
    if (!here.has_wildcard) return text.empty();

    const Pieces next = pieces_of(here.rest);
    const bool is_last = !next.has_wildcard;
    // A name may hold the very words that end the message: it goes on for as long as they allow.
    std::size_t end = is_last ? text.rfind(here.rest) : text.find(next.literal);
    while (end != std::string_view::npos && !match(text.substr(end), here.rest, name)) {
        end = is_last ? std::string_view::npos : text.find(next.literal, end + 1);
    }
    if (end == std::string_view::npos) return false;
    if (here.is_name) name = text.substr(0, end);
    return true;
}

bool match(std::string_view text, std::string_view pattern) {
    std::string_view name;
    return match(text, pattern, name);
}

template <class Predicate>
bool any_of_alternatives(std::string_view alternatives, Predicate predicate) {
    for (;;) {
        const auto end = std::min(alternatives.find('|'), alternatives.size());
        if (predicate(alternatives.substr(0, end))) return true;
        if (end == alternatives.size()) return false;
        alternatives.remove_prefix(end + 1);
    }
}

bool is_among(std::string_view word, std::string_view alternatives) {
    return any_of_alternatives(alternatives, [&](auto one) { return one == word; });
}

std::string with_name(std::string_view text, std::string_view name) {
    std::string result(text);
    const auto at = result.find("{}");
    return at == std::string::npos ? result : result.replace(at, 2, name);
}

std::string quoted(std::string_view name) {
    std::string result = "\"";
    for (const char c : name) result += c == '"' ? std::string("\"\"") : std::string(1, c);
    return result + '"';
}

/// Before the name stands what the pattern says, and behind it: a statement names nothing else.
bool says(std::string_view statement, std::string_view pattern, std::string_view name) {
    const auto at = pattern.find("{}");
    if (at == std::string_view::npos) return match(statement, pattern);
    for (const std::string& word : {std::string(name), quoted(name)}) {
        const std::string ending = word + std::string(pattern.substr(at + 2));
        if (!statement.ends_with(ending)) continue;
        const auto beginning = statement.substr(0, statement.size() - ending.size());
        if (match(beginning, pattern.substr(0, at))) return true;
    }
    return false;
}

std::optional<std::string_view> name_in(const RestoreError& error, const table::Row& row) {
    std::string_view name;
    if (!match(error.message, row.message, name)) return std::nullopt;
    const bool other_state = !error.sqlstate.empty() && !row.sqlstates.empty() &&
                             !is_among(error.sqlstate, row.sqlstates);
    const bool other_kind =
        !error.kind.empty() && !row.kinds.empty() && !is_among(error.kind, row.kinds);
    if (other_state || other_kind) return std::nullopt;
    const bool said = row.statement.empty() || any_of_alternatives(row.statement, [&](auto one) {
                          return says(error.statement, one, name);
                      });
    return said ? std::optional(name) : std::nullopt;
}

/// `/usr/share/postgresql/15/extension/postgis.control` is postgis, `$libdir/postgis-3` postgis-3.
std::string_view stem(std::string_view path) {
    path.remove_prefix(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1);
    for (const std::string_view ending : {".control", ".so"}) {
        if (path.ends_with(ending)) path.remove_suffix(ending.size());
    }
    return path;
}

std::string installing(table::Lacks lacks, std::string_view name, int major) {
    switch (lacks) {
        case table::Lacks::extension:
            return install_extension(name, major);
        case table::Lacks::library:
            return install_library(name, major);
        case table::Lacks::locale:
            return "install locales (or locales-all), and generate it by locale-gen";
        case table::Lacks::file:
            return "copy it from the source's tsearch_data folder";
        case table::Lacks::preloading:
            return "restore it by hand, into a server that preloads it";
        case table::Lacks::build:
            return "drill on a machine that has it";
        case table::Lacks::nothing:
            break;
    }
    return {};
}

}  // namespace

std::string_view to_string(RestoreErrorClass error_class) {
    using enum RestoreErrorClass;
    switch (error_class) {
        case harmless:
            return "harmless";
        case missing_here:
            return "missing here";
        case dangling:
            return "dangling";
        case damage:
            break;
    }
    return "damage";
}

TriagedError triage(const RestoreError& error, int major) {
    if (error.message.size() + error.statement.size() > longest_text) return {};
    for (std::size_t i = 0; i < row_count; ++i) {
        auto name = name_in(error, table::rows[i]);
        if (!name) continue;
        const bool is_path = table::rows[i].lacks == table::Lacks::extension ||
                             table::rows[i].lacks == table::Lacks::library;
        if (is_path) name = stem(*name);
        return {
            table::rows[i].error_class,
            i + 1,
            with_name(table::rows[i].what, *name),
            std::string(table::rows[i].why),
            installing(table::rows[i].lacks, *name, major),
        };
    }
    return {};
}

std::size_t restore_error_rows() {
    return row_count;
}

}  // namespace backupwatch
