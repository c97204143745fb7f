#include "core/incident/shared_cause.hpp"

#include <algorithm>
#include <utility>

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
    const auto badness = [](const Finding* one) { return std::pair(one->severity, one->failures); };
    const Finding* worst = *std::ranges::max_element(blaming, {}, badness);
    finding.severity = worst->severity;
    finding.failures = worst->failures;
    finding.summary = "makes databases fail: " + worst->cause.error;
    for (const Finding* one : blaming) {
        const bool is_earlier = one->since && (!finding.since || *one->since < *finding.since);
        if (is_earlier) finding.since = one->since;
    }
    return finding;
}

bool has_spread(
    const std::vector<std::string>& members,
    const std::vector<std::string>& told,
    Duration since_told
) {
    std::size_t going_on = 0;
    for (const std::string& member : members) {
        if (std::ranges::binary_search(told, member)) ++going_on;
    }
    const std::size_t added = members.size() - going_on;
    return added > 0 && (added >= going_on || since_told >= spread_told_after);
}

}  // namespace backupwatch
