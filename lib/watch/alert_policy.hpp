#pragma once
#include "core/incident/escalation.hpp"
#include "deliver/delivery.hpp"
#include "watch/alert_settings.hpp"

#include <set>
#include <string>
#include <vector>

namespace backupwatch {

class Network;

/// The notifiers of the configuration, alive. They send through `network`, which must outlive them.
std::vector<ConfiguredNotifier> make_notifiers(const AlertSettings& alerts, Network& network);

/// Who is told what by them. `broken`: names of those that take nothing, whose fallbacks take over.
AlertPolicy policy_of(
    const AlertSettings& alerts,
    const std::vector<ConfiguredNotifier>& notifiers,
    const std::set<std::string>& broken = {}
);

}  // namespace backupwatch
