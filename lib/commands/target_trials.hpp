#pragma once
#include "async/task.hpp"
#include "commands/online_trials.hpp"
#include "watch/settings.hpp"

#include <vector>

namespace backupwatch {

class Clock;

/// Looks at every restore target as `restore` would, at most `concurrency.checks` at a time; in the
/// order of the configuration. Changes nothing there. A Failure becomes a fact.
Task<std::vector<TargetLook>> gather_targets(const Settings& settings, Clock& clock);

/// Pure: whether a backup of these databases could be restored there now.
Trial judge_target(const TargetLook& target, const std::vector<DatabaseFacts>& databases);

}  // namespace backupwatch
