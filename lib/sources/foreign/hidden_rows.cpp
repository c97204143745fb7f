#include "sources/foreign/hidden_rows.hpp"

#include "core/words.hpp"

#include <cstdint>
#include <map>
#include <utility>

namespace backupwatch {

std::vector<std::string> lost_behind_policies(
    const InspectedDump& dump, const std::vector<ForeignDump>& oldest_first
) {
    std::map<std::string, std::pair<std::string, std::uint64_t>> before;
    for (const ForeignDump& earlier : oldest_first) {
        if (earlier.backup.id == dump.manifest.id) break;
        if (!earlier.inspected) continue;
        for (const TableContent& table : earlier.inspected->manifest.tables) {
            if (table.rows.count == 0 || !dump.perhaps_hidden.contains(table.name)) continue;
            before[table.name] = {earlier.backup.id, table.rows.count};
        }
    }
    std::vector<std::string> sentences;
    for (const auto& [table, last] : before) {
        const auto& [id, rows] = last;
        sentences.push_back(
            table + " has no row, where " + id + " has " + counted(rows, "row") +
            ": it was made with row security on, which leaves out what its role may not see"
        );
    }
    return sentences;
}

}  // namespace backupwatch
