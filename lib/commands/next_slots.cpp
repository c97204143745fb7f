#include "commands/next_slots.hpp"

#include <algorithm>

namespace backupwatch {

std::vector<NextSlot> next_slots(const BackupSetSettings& set, Duration offset, Instant now) {
    std::vector<NextSlot> slots;
    const auto add = [&](std::string_view kind, const Schedule& schedule) {
        slots.push_back({kind, next_beginning(schedule, offset, now)});
    };
    if (set.take) add("take", *set.take);
    if (set.check) add("check", *set.check);
    if (set.drill && set.drill->when.schedule) add("drill", *set.drill->when.schedule);
    std::ranges::stable_sort(slots, {}, &NextSlot::at);
    return slots;
}

}  // namespace backupwatch
