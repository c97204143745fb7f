#include "core/backup/judged_drill.hpp"

namespace backupwatch {

bool is_drill_of(const DrillOutcome& drill, const Backup& backup) {
    // A tool may write each night's dump over the last one's.
    return drill.backup_id == backup.id &&
           (!drill.backup_at || *drill.backup_at == instant_of(backup));
}

bool is_judged(const DrillOutcome& drill, AskedBy who) {
    return who == AskedBy::schedule || drill.result == DrillOutcome::Result::passed;
}

bool is_one_more(
    const std::optional<DrillOutcome>& before, const DrillOutcome& drill, bool has_schedule
) {
    const bool is_in_row = before && before->result != DrillOutcome::Result::passed;
    if (has_schedule || !is_in_row || before->backup_id != drill.backup_id) return true;
    // A tool may write each night's dump over the last one's.
    return before->backup_at && drill.backup_at && *before->backup_at != *drill.backup_at;
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
    return newest != nullptr && is_drill_of(passed, *newest);
}

}  // namespace backupwatch
