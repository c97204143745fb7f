#include "core/check/unseen.hpp"
#include "watch/world_memory.hpp"

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

void tell_set_unseen(Told& told, const WatchedSet& set, Instant last_look, Instant now) {
    std::vector<Finding> found;
    for (auto entry = told.lower_bound({set.database, set.settings.name, ""}); entry != told.end();
         ++entry) {
        const Finding& finding = entry->second.finding;
        if (finding.database != set.database || finding.set != set.settings.name) break;
        found.push_back(finding);
    }
    for (Finding& finding : unseen(std::move(found), last_look, set.settings.every, now)) {
        finding.database = set.database;
        finding.set = set.settings.name;
        RecordedFinding& recorded = told[{finding.database, finding.set, finding.check}];
        if (recorded.finding.check.empty()) recorded.checked_at = last_look;
        recorded.finding = std::move(finding);
    }
}

}  // namespace

const std::map<FindingKey, RecordedFinding>& World::findings() const {
    return memory_->findings.all();
}

Moment moment_of(const Clock& clock) {
    return {clock.uptime(), clock.awake()};
}

Told World::told() const {
    Told told = memory_->findings.all();
    for (const WatchedDatabase& database : databases) tell_unseen(told, database);
    return told;
}

Told World::told(const std::string& name) const {
    const auto& findings = memory_->findings.all();
    Told told;
    for (auto entry = findings.lower_bound({name, "", ""}); entry != findings.end(); ++entry) {
        if (entry->second.finding.database != name) break;
        told.insert(*entry);
    }
    for (const WatchedDatabase& database : databases) {
        if (database.name == name) tell_unseen(told, database);
    }
    return told;
}

void World::tell_unseen(Told& told, const WatchedDatabase& database) const {
    const Moment now = moment_of(clock);
    for (const auto& set : database.sets) {
        const auto& last = set->memory->last_seen;
        // Asleep nothing can be looked at: what is due then is looked at on waking.
        if (!last || now.awake - last->awake <= longest_silence(set->settings.poll)) continue;
        const Instant last_look = clock.now() - (now.uptime - last->uptime);
        tell_set_unseen(told, *set, last_look, clock.now());
    }
}

Severity worst_of(const Told& told) {
    Severity worst = Severity::ok;
    for (const auto& [key, recorded] : told) worst = std::max(worst, recorded.finding.severity);
    return worst;
}

}  // namespace backupwatch
