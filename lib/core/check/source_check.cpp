#include "core/check/set_checks.hpp"
#include "core/words.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace backupwatch {
namespace {

/// One look may hit a short outage; three in a row don't.
constexpr int most_tries = 3;
constexpr std::string_view before_error = "): ";

}  // namespace

int unreadable_periods(const SourceHealth& source, Duration every, Instant now) {
    if (source.tries < most_tries) return 0;
    const Duration failing = std::max(now - source.failing_since.value_or(now), Duration(0));
    return 1 + static_cast<int>(failing / every);
}

void count_failed_look(SourceHealth& health, const std::string& error, Duration poll, Instant now) {
    health.error = error;
    // A try from the future is a wrong clock's, and holds up none of the present.
    const bool is_same_try =
        health.last_try && *health.last_try <= now && now - *health.last_try < poll / 2;
    if (is_same_try) return;
    health.last_try = now;
    health.tries += 1;
    if (!health.failing_since) health.failing_since = now;
}

SourceHealth health_of(const Finding& source) {
    SourceHealth health;
    if (source.severity == Severity::ok) return health;
    health.tries = most_tries;
    const char* const end = source.value.data() + source.value.size();
    int tries = 0;
    const bool is_told = std::from_chars(source.value.data(), end, tries).ec == std::errc();
    if (is_told) health.tries = std::max(tries, most_tries);
    health.failing_since = source.since;
    health.cause = source.cause.name;
    const auto error = source.summary.find(before_error);
    health.error = error == std::string::npos ? source.summary
                                              : source.summary.substr(error + before_error.size());
    return health;
}

Finding check_source(const SetPolicy& policy, const SourceHealth& source, Instant now) {
    Finding finding;
    finding.check = "source";
    finding.failures = unreadable_periods(source, policy.backup.every, now);
    const auto tries = static_cast<std::size_t>(source.tries);
    if (finding.failures > 0) {
        const Instant since = source.failing_since.value_or(now);
        finding.severity = Severity::unknown;
        finding.summary = "cannot be read since " + in_words(since) + " (" +
                          counted(tries, "failed look") + std::string(before_error) + source.error;
        finding.value = counted(tries, "failed look");
        finding.threshold = counted(most_tries, "failed look");
        finding.since = since;
        finding.cause = {source.cause, source.error};
    } else if (tries > 0) {
        finding.summary =
            "tried again after " + counted(tries, "failed look") + ": " + source.error;
    } else {
        finding.summary = "it can be read";
    }
    return finding;
}

}  // namespace backupwatch
