#include "postgres/without_values.hpp"

#include <algorithm>
#include <array>

namespace backupwatch {
namespace {

constexpr std::string_view said_by_server = "ERROR:  ";

/// What PostgreSQL quotes the name of.
constexpr std::array<std::string_view, 35> kinds_of_names{
    "aggregate",  "attribute", "check",     "class",      "collation", "column", "configuration",
    "constraint", "database",  "domain",    "encoding",   "extension", "family", "file",
    "function",   "index",     "language",  "library",    "method",    "near",   "operator",
    "parameter",  "policy",    "procedure", "relation",   "role",      "rule",   "schema",
    "sequence",   "server",    "table",     "tablespace", "trigger",   "type",   "view"};

/// Details that hold no value but behind a mark of cut_at_marks().
constexpr std::array<std::string_view, 3> known_details{
    "DETAIL:  Key (",
    "DETAIL:  Failed on request of size",
    "CONTEXT:  COPY ",
};

std::string cut_at_marks(std::string_view text) {
    for (const std::string_view mark : {")=(", "contains (", ": \""}) {
        const auto at = text.find(mark);
        if (at == std::string_view::npos) continue;
        return std::string(text.substr(0, at + mark.size() - 1)) + "...";
    }
    return std::string(text);
}

/// A value may hold quotes itself, or be cut short: all from the first to the last goes.
std::string without_quotations(std::string_view text) {
    const auto first = text.find('"');
    if (first == std::string_view::npos) return std::string(text);
    const auto last = text.rfind('"');
    std::string cut(text.substr(0, first));
    cut += "\"...";
    if (last > first) cut += text.substr(last);
    return cut;
}

/// By the first quotation alone: values may say anything.
bool quotes_a_name(std::string_view sentence) {
    auto before = sentence.substr(0, sentence.find('"'));
    if (before.size() == sentence.size()) return true;
    if (!before.ends_with(' ')) return false;
    before.remove_suffix(1);
    const auto word = before.substr(before.rfind(' ') + 1);
    return std::ranges::find(kinds_of_names, word) != kinds_of_names.end();
}

std::string only_names(std::string_view sentence) {
    return quotes_a_name(sentence) ? cut_at_marks(sentence) : without_quotations(sentence);
}

}  // namespace

std::string without_values(
    std::string_view sqlstate, std::string_view sentence, std::string_view detail
) {
    if (sqlstate.starts_with("22")) return only_names(sentence);
    const std::string text = cut_at_marks(sentence);
    const bool quotes_a_row = sqlstate.starts_with("23") && !detail.starts_with("Key (");
    if (detail.empty() || quotes_a_row) return text;
    return text + " (" + cut_at_marks(detail) + ")";
}

std::string error_without_values(std::string_view line) {
    const auto server = line.find(said_by_server);
    if (server == std::string_view::npos) return cut_at_marks(line);
    const auto begin = server + said_by_server.size();
    return std::string(line.substr(0, begin)) + only_names(line.substr(begin));
}

std::string detail_without_values(std::string_view line) {
    const bool may_quote_a_row = line.starts_with("DETAIL:") || line.starts_with("CONTEXT:");
    const bool is_known = std::ranges::any_of(known_details, [&](const auto beginning) {
        return line.starts_with(beginning);
    });
    return may_quote_a_row && !is_known ? std::string() : cut_at_marks(line);
}

}  // namespace backupwatch
