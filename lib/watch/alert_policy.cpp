#include "watch/alert_policy.hpp"

#include "notify/registry.hpp"

#include <map>
#include <utility>

namespace backupwatch {

std::vector<ConfiguredNotifier> make_notifiers(const AlertSettings& alerts, Network& network) {
    std::vector<ConfiguredNotifier> notifiers;
    for (const NotifierSettings& settings : alerts.notifiers) {
        const NotifierKind* kind = find_notifier_kind(settings.type);
        notifiers.push_back({settings.name, kind->make(settings, network)});
    }
    return notifiers;
}

AlertPolicy policy_of(
    const AlertSettings& alerts,
    const std::vector<ConfiguredNotifier>& notifiers,
    const std::set<std::string>& broken
) {
    AlertPolicy policy;
    for (const ConfiguredNotifier& configured : notifiers) {
        const auto& lanes = configured.notifier->lanes();
        policy.lanes.insert(policy.lanes.end(), lanes.begin(), lanes.end());
    }
    policy.steps = alerts.escalation.value_or(default_escalation(policy.lanes));
    policy.reminders = alerts.reminders;
    std::map<std::string, std::string> fallbacks;
    for (const NotifierSettings& settings : alerts.notifiers) {
        if (!settings.fallback.empty()) fallbacks[settings.name] = settings.fallback;
    }
    policy.fallbacks = fallbacks;
    return with_fallbacks(std::move(policy), fallbacks, broken);
}

}  // namespace backupwatch
