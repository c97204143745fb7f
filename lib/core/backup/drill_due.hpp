#pragma once
#include "core/backup/backup.hpp"
#include "core/check/checks.hpp"

#include <vector>

namespace backupwatch {

/// The backup to drill now, or null: the newest completed one, unless a drill has judged it already
/// or could not be run on it three times. `drills` in any order, without those that are not judged
/// (judged_drill.hpp). A crash between a backup and its drill, and a backup copied there by
/// someone, need no rule of their own.
const Backup* drill_due(
    const Inventory& inventory, const std::vector<DrillOutcome>& drills, Instant now
);

}  // namespace backupwatch
