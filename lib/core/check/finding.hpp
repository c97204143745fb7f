#pragma once
#include "core/time/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// In order: the worst of several wins.
enum class Severity { ok, warning, unknown, critical };
std::string_view to_string(Severity severity);
std::optional<Severity> parse_severity(std::string_view text);
/// 0 ok, 1 warning, 2 critical, 3 unknown: of commands and of the metric `check_status`.
int exit_code(Severity severity);

/// What makes something fail and others may share: a server, a log-in there, a token, a project.
struct Cause {
    std::string name{};   ///< `db.example.com:5432`; no slash, no secret; empty: none is known
    std::string error{};  ///< what was seen of it, in one sentence

    friend bool operator==(const Cause&, const Cause&) = default;
};

/// The result of one check of one set (or, with an empty `set`, of one database).
struct Finding {
    std::string database;
    std::string set;
    std::string check;  ///< backup | retention | size | restore | source | disk | ...
    Severity severity = Severity::ok;
    std::string summary;           ///< one sentence for a person at 3 a.m.
    std::string value;             ///< what was measured, or empty
    std::string threshold;         ///< what it was held against, or empty
    std::optional<Instant> since;  ///< first failing look of this spell; kept by the store
    int failures = 0;              ///< in a row; 0 for ok, and for unknown while the source is only
                                   ///< being tried again
    Cause cause{};                 ///< of what failed last

    friend bool operator==(const Finding&, const Finding&) = default;
};

/// A sentence that says one thing, and how bad that is.
struct Remark {
    Severity severity = Severity::ok;
    std::string sentence;

    friend bool operator==(const Remark&, const Remark&) = default;
};
/// Adds them to what was found: as bad as the worst of all, the worst first.
void add_remarks(Finding& finding, std::vector<Remark> remarks);

}  // namespace backupwatch
