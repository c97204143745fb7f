#pragma once
#include "watch/world.hpp"
#include "web/metrics.hpp"

namespace backupwatch {

/// Drills are counted under this kind of slot, whether by schedule or after a backup.
inline constexpr const char* drill_kind = "drill";

/// What the metrics show of a world now.
MetricsView metrics_of(
    const World& world, std::vector<StreamKey> streams, bool last_reload_successful
);

}  // namespace backupwatch
