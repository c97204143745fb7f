#pragma once
#include "core/time/slots.hpp"
#include "watch/settings.hpp"

#include <string_view>
#include <vector>

namespace backupwatch {

/// When a schedule of a set has something begun next.
struct NextSlot {
    std::string_view kind;  ///< take | check | drill
    Instant at;
};

/// Pure: of each schedule that was configured, the soonest first. A drill after each backup has no
/// slot of its own.
std::vector<NextSlot> next_slots(const BackupSetSettings& set, Duration offset, Instant now);

}  // namespace backupwatch
