#include "sources/foreign/psql_log.hpp"

#include "core/text.hpp"
#include "postgres/without_values.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

constexpr std::size_t longest_message = 1000;
constexpr std::string_view severities[] = {"ERROR:  ", "FATAL:  ", "PANIC:  ", "error: "};
constexpr std::string_view no_errors[] = {
    "DEBUG:  ", "INFO:  ", "LOCATION:  ", "LOG:  ", "NOTICE:  ", "STATEMENT:  ", "WARNING:  "};

/// What follows `psql:dump.sql:12: `; the name of the file is ours, and has no colon.
std::string_view without_place(std::string_view line) {
    if (!line.starts_with("psql:")) return {};
    const auto space = line.find(": ");
    return space == std::string_view::npos ? std::string_view() : line.substr(space + 2);
}

/// `42P01: relation "x" does not exist`.
std::string take_sqlstate(std::string_view& text) {
    constexpr std::size_t size = 5;
    if (text.size() < size + 2 || text.substr(size, 2) != ": ") return {};
    const std::string state(text.substr(0, size));
    if (state.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string::npos) {
        return {};
    }
    text.remove_prefix(size + 2);
    return state;
}

bool take_severity(std::string_view& text) {
    for (const std::string_view severity : severities) {
        if (!text.starts_with(severity)) continue;
        text.remove_prefix(severity.size());
        return true;
    }
    const auto begins = [text](std::string_view word) { return text.starts_with(word); };
    if (std::ranges::any_of(no_errors, begins)) return false;
    // In another language, which the file itself has asked for: not to be understood, but no less
    // of an error.
    constexpr std::string_view colon = ":  ";
    const auto end = text.find(colon);
    if (end == std::string_view::npos) return false;
    const std::string_view message = text.substr(end + colon.size());
    std::string_view rest = message;
    if (take_sqlstate(rest).empty()) return false;
    text = message;
    return true;
}

/// Of a psql from before these commands, which goes on.
bool is_unknown_restriction(std::string_view message) {
    return message == "invalid command \\restrict" || message == "invalid command \\unrestrict";
}

/// Its first words say what it makes, and hold no value. Where a COPY was refused, psql takes its
/// rows for statements: they are not shown.
std::string beginning_of(std::string_view statement) {
    constexpr std::size_t most = 60;
    constexpr std::string_view shown[] = {
        "ALTER ",
        "COMMENT ON ",
        "COPY ",
        "CREATE ",
        "DROP ",
        "GRANT ",
        "INSERT INTO ",
        "REFRESH ",
        "REVOKE ",
        "SELECT pg_catalog.",
        "SET "};
    const bool is_of_dump = std::ranges::any_of(shown, [&](std::string_view beginning) {
        return statement.starts_with(beginning);
    });
    if (statement.empty()) return {};
    if (!is_of_dump) return "a statement";
    auto beginning = statement.substr(0, std::min(statement.find_first_of("('$\n;"), most));
    while (beginning.ends_with(' ')) beginning.remove_suffix(1);
    return std::string(beginning);
}

}  // namespace

void PsqlLog::add(std::string_view line) {
    std::string_view rest = without_place(line);
    constexpr std::string_view statement = "STATEMENT:  ";
    if (pending_ && rest.starts_with(statement)) {
        pending_->statement = rest.substr(statement.size(), longest_message);
        return end_error();
    }
    if (!take_severity(rest)) return;
    if (is_unknown_restriction(rest)) {
        is_unrestricted_ = true;
        return;
    }
    end_error();
    pending_.emplace();
    pending_->sqlstate = take_sqlstate(rest);
    pending_->message = rest.substr(0, longest_message);
}

void PsqlLog::end_error() {
    if (!pending_) return;
    const std::string what = beginning_of(pending_->statement);
    std::string shown = what.empty() ? "" : what + ": ";
    // As pg_restore says it, by which it is known that a statement failed, and not the session.
    if (!what.empty()) shown += "ERROR:  ";
    // It quotes what it stumbled over.
    constexpr std::string_view syntax_error = "42601";
    shown += pending_->sqlstate == syntax_error
                 ? "syntax error"
                 : without_values(pending_->sqlstate, pending_->message, "");
    const TriagedError triaged = triage(*pending_, major_);
    if (triaged.error_class == RestoreErrorClass::missing_here) {
        std::string_view extension = triaged.what;
        const bool is_one = take_prefix(extension, "extension ");
        if (is_one && elsewhere_.contains(std::string(extension))) {
            left_out_.emplace(extension);
            return pending_.reset();
        }
    }
    const bool is_of_extension = triaged.what.starts_with("extension ") ||
                                 pending_->statement.starts_with("COMMENT ON EXTENSION ");
    const bool is_harmless = triaged.error_class == RestoreErrorClass::harmless;
    if (!is_harmless && !is_of_extension) needs_what_is_missing_ = true;
    errors_.add(*pending_, std::move(shown));
    pending_.reset();
}

RestoreErrors::Sorted PsqlLog::sorted() {
    end_error();
    auto sorted = errors_.sorted({});
    if (is_unrestricted_) {
        sorted.notes.push_back(
            {"sandbox",
             "this psql does not know \\restrict (it has it since August 2025): a file that was "
             "written for it could tell it to connect to another server of this machine. Update "
             "PostgreSQL's client programs"}
        );
    }
    for (const std::string& extension : left_out_) {
        sorted.notes.push_back(
            {"extension " + extension, "made in no drill, so that nothing acts outward", true}
        );
    }
    if (needs_what_is_missing_ || !sorted.damage.empty()) return sorted;
    for (const MissingHere& missing : sorted.missing) {
        sorted.notes.push_back({missing.sentence, "nothing in the dump needs it"});
    }
    sorted.missing.clear();
    return sorted;
}

}  // namespace backupwatch
