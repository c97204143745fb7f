#include "core/check/unseen.hpp"
#include "watch/world_memory.hpp"

#include <algorithm>
#include <utility>

namespace backupwatch {

const std::map<FindingKey, RecordedFinding>& World::findings() const {
    return memory_->findings;
}

std::map<FindingKey, RecordedFinding> World::told() const {
    auto told = memory_->findings;
    for (const WatchedDatabase& database : databases) {
        for (const auto& set : database.sets) {
            const auto& last = set->memory->last_look_uptime;
            if (!last) continue;
            const Duration silence = clock.uptime() - *last;
            if (silence > longest_silence(set->settings.poll)) tell_unseen(told, *set, silence);
        }
    }
    return told;
}

void World::tell_unseen(
    std::map<FindingKey, RecordedFinding>& told, const WatchedSet& set, Duration silence
) const {
    std::vector<Finding> found;
    for (auto entry = told.lower_bound({set.database, set.settings.name, ""}); entry != told.end();
         ++entry) {
        const Finding& finding = entry->second.finding;
        if (finding.database != set.database || finding.set != set.settings.name) break;
        found.push_back(finding);
    }
    const Instant last_look = clock.now() - silence;
    for (Finding& finding : unseen(std::move(found), last_look)) {
        finding.database = set.database;
        finding.set = set.settings.name;
        RecordedFinding& recorded = told[{finding.database, finding.set, finding.check}];
        if (recorded.finding.check.empty()) recorded.checked_at = last_look;
        recorded.finding = std::move(finding);
    }
}

Severity World::worst() const {
    Severity worst = Severity::ok;
    for (const auto& [key, recorded] : told()) {
        worst = std::max(worst, recorded.finding.severity);
    }
    return worst;
}

}  // namespace backupwatch
