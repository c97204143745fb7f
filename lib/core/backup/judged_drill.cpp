#include "core/backup/judged_drill.hpp"

namespace backupwatch {

bool is_judged(const DrillOutcome& drill, AskedBy who) {
    return who == AskedBy::schedule || drill.result == DrillOutcome::Result::passed;
}

bool takes_place_of(const std::optional<DrillOutcome>& before, const DrillOutcome& passed) {
    // Recorded by a version that did not keep it.
    if (!passed.backup_at) return true;
    if (*passed.backup_at > passed.finished_at) return false;
    if (!before || !before->backup_at || *before->backup_at > passed.finished_at) return true;
    return *passed.backup_at >= *before->backup_at;
}

bool stands_for_newest(const DrillOutcome& passed, const Inventory& inventory, Instant now) {
    const Backup* newest = newest_completed(inventory, now);
    return newest != nullptr && newest->id == passed.backup_id;
}

}  // namespace backupwatch
