#pragma once
#include "core/check/self_audit.hpp"
#include "watch/scheduler.hpp"
#include "watch/world.hpp"

#include <memory>

namespace backupwatch {

/// Looks at our own machinery, and has the scheduler go through what is due: takes a second, and as
/// long as the state does. Where that never answers, this never returns, and whoever waits for our
/// heartbeat, or guards us by a watchdog, notices.
Task<SelfObservation> observe_self(std::shared_ptr<World> world, Scheduler& scheduler);

}  // namespace backupwatch
