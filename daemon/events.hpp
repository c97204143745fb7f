#pragma once
#include "app.hpp"
#include "async/scope.hpp"
#include "watch/scheduler.hpp"
#include "web/metrics.hpp"

namespace backupwatch {

// What follows from what happens: it is counted, logged, and a drill renews the runbook. All of
// what is handed over here outlives whoever tells of it.

/// Of the world that is in use now: again for each.
void follow_world(App& app, Metrics& metrics, Scope& scope);

Scheduler::Events scheduler_events(App& app, Metrics& metrics);

}  // namespace backupwatch
