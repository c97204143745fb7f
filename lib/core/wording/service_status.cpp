#include "core/wording/service_status.hpp"

#include "core/words.hpp"

namespace backupwatch {
namespace {

std::string slot_in_words(Instant slot, Instant now) {
    const std::string words = in_words(slot);  // 2026-11-22T03:00Z
    if (slot - now >= Days(1)) return words;
    return words.substr(words.find('T') + 1, 5);
}

}  // namespace

std::string to_line(const ServiceStatus& status, Instant now) {
    std::string line = counted(status.databases, "database") + ", ";
    line += status.incidents == 0 ? "no incident" : counted(status.incidents, "incident");
    if (status.next_slot) line += ", next slot " + slot_in_words(*status.next_slot, now);
    if (!status.is_reloaded) line += ", the newest configuration is bad and not in use";
    return line;
}

}  // namespace backupwatch
