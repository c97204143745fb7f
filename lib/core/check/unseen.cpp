#include "core/check/unseen.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

constexpr int polls = 3;
constexpr Duration::rep most_periods = 1'000'000;
constexpr Duration one_look = std::chrono::minutes(1);

}  // namespace

Duration longest_silence(Duration poll) {
    return polls * poll + one_look;
}

std::vector<Finding> unseen(
    std::vector<Finding> found, Instant last_look, Duration every, Instant now
) {
    const auto periods = std::clamp<Duration::rep>((now - last_look) / every, 0, most_periods);
    const int failures = 1 + static_cast<int>(periods);
    if (found.empty()) {
        for (const char* check : {"backup", "source"}) found.emplace_back().check = check;
    }
    for (Finding& finding : found) {
        if (finding.severity == Severity::ok) finding.since = last_look;
        finding.severity = Severity::unknown;
        finding.summary = "not looked at since " + in_words(last_look) +
                          ": no look at it has come back, as when a mount hangs";
        finding.value.clear();
        finding.threshold.clear();
        finding.failures = std::max(finding.failures, failures);
    }
    return found;
}

}  // namespace backupwatch
