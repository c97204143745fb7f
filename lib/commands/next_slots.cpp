#include "commands/next_slots.hpp"

#include <algorithm>

namespace backupwatch {

std::vector<NextSlot> next_slots(const BackupSetSettings& set, Instant now) {
    std::vector<NextSlot> slots;
    if (set.take) slots.push_back({"take", set.take->next(now)});
    if (set.check) slots.push_back({"check", set.check->next(now)});
    if (set.drill && set.drill->when.schedule) {
        slots.push_back({"drill", set.drill->when.schedule->next(now)});
    }
    std::ranges::stable_sort(slots, {}, &NextSlot::at);
    return slots;
}

}  // namespace backupwatch
