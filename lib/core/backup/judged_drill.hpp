#pragma once
#include "core/backup/backup.hpp"
#include "core/check/checks.hpp"

#include <optional>

namespace backupwatch {

/// What a person tries by hand counts in no row of failures.
enum class AskedBy { schedule, person };

/// Whether it was of this very backup; by its name alone where no more was recorded.
bool is_drill_of(const DrillOutcome& drill, const Backup& backup);

/// Whether a drill says anything of its set: one by hand that did not pass counts for nothing, so
/// it gives no verdict, and pays nothing that the set owes.
bool is_judged(const DrillOutcome& drill, AskedBy who);

/// Whether a drill that did not pass is one more in a row. Not where it follows a backup and tries
/// the same one again; of a schedule, each has its own time.
bool is_one_more(
    const std::optional<DrillOutcome>& before, const DrillOutcome& drill, bool has_schedule
);

/// Whether a drill that passed takes the place of `before`. Not where its backup is older: that an
/// old backup restores proves nothing of a newer one. Nor where its backup is dated in the future.
/// What is dated in the future of the drill holds nothing up: a clock was wrong then.
bool takes_place_of(const std::optional<DrillOutcome>& before, const DrillOutcome& passed);

/// Whether a drill that took the place of none, its backup being older than what was judged, stands
/// all the same: what was judged is gone, and this backup is the newest completed one now.
bool stands_for_newest(const DrillOutcome& passed, const Inventory& inventory, Instant now);

}  // namespace backupwatch
