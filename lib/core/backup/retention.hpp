#pragma once
#include "core/backup/backup.hpp"
#include "core/check/checks.hpp"

#include <set>
#include <string>
#include <vector>

namespace backupwatch {

struct RetentionPolicy {
    Duration keep{std::chrono::hours(24 * 8)};
    int keep_at_least = 3;
};

/// What must stay whatever its age.
struct Protected {
    std::set<std::string> proven;  ///< see proven()
    std::set<std::string> held;    ///< ids that someone or some finding holds
};

/// The ids of those listed that ever passed a drill, newest first, up to one that is whole and
/// whose last drill is a pass and that is not from the future: what reads as damaged may read well
/// again, and what failed may have failed here. `verdicts` are the newest first.
std::set<std::string> proven(
    const Inventory& inventory, const std::vector<DrillOutcome>& verdicts, Instant now
);

/// Whether one that is listed is known to restore, as far as anybody can tell now: it is whole, its
/// last drill is a pass, and it is not from the future. One that passed and is damaged since, or
/// fails now, is none: then what is older may be all that there is.
bool is_any_proven_now(
    const Inventory& inventory, const std::vector<DrillOutcome>& verdicts, Instant now
);

/// The ids of the backups that may go: older than `keep`, with `keep_at_least` completed ones that
/// are newer, not protected, not within their own `keep_until`. Oldest first. They are completed,
/// or among those that were `damaged` since (see damaged_since()): of another failed entry nobody
/// knows that it was ever ours.
std::vector<std::string> expired(
    const Inventory& inventory,
    const std::vector<Backup>& damaged,
    const RetentionPolicy& policy,
    const Protected& stays,
    Instant now
);

}  // namespace backupwatch
