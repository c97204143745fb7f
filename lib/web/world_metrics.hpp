#pragma once
#include "watch/world.hpp"
#include "web/metrics.hpp"

namespace backupwatch {

/// What the metrics show of a world now.
MetricsView metrics_of(
    const World& world, std::vector<StreamKey> streams, bool last_reload_successful
);

}  // namespace backupwatch
