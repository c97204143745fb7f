#include "core/incident/escalation.hpp"

#include <algorithm>

namespace backupwatch {

AlertPolicy with_fallbacks(
    AlertPolicy policy,
    const std::map<std::string, std::string>& fallbacks,
    const std::set<std::string>& broken
) {
    for (EscalationStep& step : policy.steps) {
        // A fallback may be broken as well: then its own takes over. Cycles are no configuration.
        for (std::size_t i = 0; i < step.notify.size(); ++i) {
            const auto fallback = fallbacks.find(step.notify[i]);
            if (!broken.contains(step.notify[i]) || fallback == fallbacks.end()) continue;
            const auto& named = step.notify;
            if (std::find(named.begin(), named.end(), fallback->second) != named.end()) continue;
            step.notify.push_back(fallback->second);
        }
    }
    return policy;
}

std::vector<EscalationStep> default_escalation(const std::vector<Lane>& lanes) {
    EscalationStep first;
    EscalationStep second;
    second.checks = {"backup", "restore", "source"};
    second.severity = Severity::unknown;
    second.consecutive_failures = 2;
    for (const Lane& lane : lanes) {
        auto& names = lane.pages ? second.notify : first.notify;
        if (std::find(names.begin(), names.end(), lane.notifier) == names.end()) {
            names.push_back(lane.notifier);
        }
    }
    std::vector<EscalationStep> steps;
    if (!first.notify.empty()) steps.push_back(std::move(first));
    if (!second.notify.empty()) steps.push_back(std::move(second));
    return steps;
}

}  // namespace backupwatch
