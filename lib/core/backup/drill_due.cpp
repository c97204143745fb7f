#include "core/backup/drill_due.hpp"

#include "core/backup/judged_drill.hpp"

namespace backupwatch {
namespace {

constexpr int most_tries = 3;

}  // namespace

const Backup* drill_due(
    const Inventory& inventory, const std::vector<DrillOutcome>& drills, Instant now
) {
    const Backup* newest = newest_completed(inventory, now);
    if (newest == nullptr) return nullptr;
    int tries = 0;
    for (const DrillOutcome& drill : drills) {
        if (!is_drill_of(drill, *newest)) continue;
        if (drill.result != DrillOutcome::Result::unknown) return nullptr;
        ++tries;
    }
    return tries < most_tries ? newest : nullptr;
}

}  // namespace backupwatch
