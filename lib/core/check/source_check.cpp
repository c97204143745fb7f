#include "core/check/set_checks.hpp"
#include "core/words.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

/// One look may hit a short outage; three in a row don't.
constexpr int most_tries = 3;

}  // namespace

int unreadable_periods(const SourceHealth& source, Duration every, Instant now) {
    if (source.tries < most_tries) return 0;
    const Duration failing = std::max(now - source.failing_since.value_or(now), Duration(0));
    return 1 + static_cast<int>(failing / every);
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
                          counted(tries, "failed look") + "): " + source.error;
        finding.value = counted(tries, "failed look");
        finding.threshold = counted(most_tries, "failed look");
    } else if (tries > 0) {
        finding.summary =
            "tried again after " + counted(tries, "failed look") + ": " + source.error;
    } else {
        finding.summary = "was read";
    }
    return finding;
}

}  // namespace backupwatch
