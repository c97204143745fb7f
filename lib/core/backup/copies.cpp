#include "core/backup/copies.hpp"

#include <algorithm>
#include <map>

namespace backupwatch {

void find_copies(std::vector<DatedDump>& dumps) {
    std::map<std::string, Instant> earliest;
    for (const DatedDump& dump : dumps) {
        const Instant known = std::min(dump.at, dump.since.value_or(dump.at));
        const auto [first, is_new] = earliest.emplace(dump.content, known);
        if (!is_new) first->second = std::min(first->second, known);
    }
    for (DatedDump& dump : dumps) {
        const Instant known = earliest.at(dump.content);
        if (!dump.content.empty() && known < dump.at) dump.since = known;
    }
}

}  // namespace backupwatch
