#pragma once
#include "core/backup/backup.hpp"

#include <optional>

namespace backupwatch {

/// When a backup is due every day, as the last ones came, where no schedule tells: by the latest
/// time of day that is usual. One of them may have come at an hour of its own. None: they are too
/// few, or come at all hours, and only how old the last is can be held against it. Pure.
std::optional<DailyDue> usual_due(const Inventory& inventory, Instant now);

}  // namespace backupwatch
