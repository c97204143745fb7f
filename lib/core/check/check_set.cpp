#include "core/check/set_checks.hpp"

namespace backupwatch {

std::vector<std::string_view> checks_of(const SetPolicy& policy) {
    std::vector<std::string_view> names{"backup", "retention", "size", "shape", "source"};
    if (policy.drill) names.push_back("restore");
    if (policy.hook_limit) names.push_back("after_backup");
    if (policy.provider) names.insert(names.end(), {"pitr", "project"});
    return names;
}

std::vector<Finding> check_set(
    const SetPolicy& policy, const SetObservation& observed, Instant now
) {
    std::vector<Finding> findings{check_backup(policy, observed, now)};
    for (auto& finding : {
             check_retention(policy, observed, now),
             check_size(observed, now),
             check_shape(observed, now),
             check_restore(policy, observed, now),
             check_hook(policy, observed, now),
             check_pitr(policy, observed, now),
             check_project(policy, observed),
         }) {
        if (finding) findings.push_back(*finding);
    }
    findings.push_back(check_source(policy, observed.source, now));
    return findings;
}

}  // namespace backupwatch
