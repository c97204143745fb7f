#pragma once
#include "async/task.hpp"
#include "commands/online_trials.hpp"
#include "watch/alert_settings.hpp"

#include <vector>

namespace backupwatch {

class Network;

/// Tries every notifier that can be tried without telling anybody, all at once; in the order of the
/// configuration.
Task<std::vector<NotifierFacts>> gather_notifiers(const AlertSettings& alerts, Network& network);

/// Pure.
Trial judge_notifier(const NotifierFacts& notifier, Instant now);

}  // namespace backupwatch
