#include "core/backup/drill_slot.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

constexpr int most_attempts = 3;

}  // namespace

DrillSlotDecision decide_drill_slot(const SlotHistory& history, Instant backup_started) {
    DrillSlotDecision decision;
    DueSlot slot;
    slot.slot = backup_started;
    // Nothing between two backups was worked: each has a stretch of its own.
    slot.previous = backup_started;
    if (history.open && history.last == backup_started) {
        slot.attempt = history.tries + 1;
        if (slot.attempt > most_attempts) {
            decision.interrupted = true;
        } else {
            decision.begin = slot;
        }
        return decision;
    }
    if (history.open) decision.superseded = history.last;
    const bool was_closed =
        std::any_of(history.worked.begin(), history.worked.end(), [&](const SlotStretch& stretch) {
            return stretch.first <= backup_started && backup_started <= stretch.last;
        });
    if (!was_closed) decision.begin = slot;
    return decision;
}

bool is_last_try(const DueSlot& slot) {
    return slot.attempt >= most_attempts;
}

}  // namespace backupwatch
