#include "core/backup/kinship.hpp"

#include "core/words.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

bool share_a_table(const KinDump& before, const KinDump& dump) {
    // To one without any, nothing can be compared.
    if (before.tables.empty()) return true;
    return std::ranges::any_of(dump.tables, [&](const std::string& table) {
        return before.tables.contains(table);
    });
}

}  // namespace

void decide_kinship(const std::optional<KinDump>& reference, std::vector<KinDump>& oldest_first) {
    const KinDump* before = reference ? &*reference : nullptr;
    for (KinDump& dump : oldest_first) {
        if (dump.kinship == Kinship::undecided) {
            const bool is_own = before == nullptr || share_a_table(*before, dump);
            dump.kinship = is_own ? Kinship::own : Kinship::other;
            if (!is_own) {
                dump.reason = "it holds none of the " + counted(before->tables.size(), "table") +
                              " of " + before->id +
                              ", the last known to be of this database: it is a dump of another "
                              "one (if that is meant: backupwatch accept)";
            }
        }
        const bool is_newer = before == nullptr || dump.at >= before->at;
        if (dump.kinship == Kinship::own && is_newer) before = &dump;
    }
}

}  // namespace backupwatch
