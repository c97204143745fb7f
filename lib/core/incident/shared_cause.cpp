#include "core/incident/shared_cause.hpp"

#include <algorithm>

namespace backupwatch {

std::vector<std::string> databases_of(const Blaming& blaming) {
    std::vector<std::string> databases;
    for (const Finding* finding : blaming) {
        const bool is_new = databases.empty() || databases.back() != finding->database;
        if (is_new) databases.push_back(finding->database);
    }
    return databases;
}

std::optional<Finding> check_shared_cause(
    const std::string& cause, const Blaming& blaming, bool is_open
) {
    if (!is_open && databases_of(blaming).size() < 2) return std::nullopt;
    Finding finding;
    finding.database = "backupwatch";
    finding.set = cause;
    finding.check = shared_cause_check;
    if (blaming.empty()) {
        finding.summary = "makes no database fail any more";
        return finding;
    }
    const Finding* worst = nullptr;
    for (const Finding* one : blaming) {
        finding.severity = std::max(finding.severity, one->severity);
        finding.failures = std::max(finding.failures, one->failures);
        const bool is_earlier = one->since && (!finding.since || *one->since < *finding.since);
        if (is_earlier) finding.since = one->since;
        if (worst == nullptr || one->severity > worst->severity) worst = one;
    }
    finding.summary = "makes databases fail: " + worst->cause.error;
    return finding;
}

bool has_spread(std::size_t members, std::size_t told, Duration since_told) {
    if (members <= told) return false;
    return members >= 2 * told || since_told >= spread_told_after;
}

}  // namespace backupwatch
