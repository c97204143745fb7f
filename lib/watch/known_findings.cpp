#include "watch/known_findings.hpp"

#include <tuple>
#include <utility>

namespace backupwatch {
namespace {

bool blames(const Finding& finding) {
    return finding.severity != Severity::ok && !finding.cause.name.empty();
}

bool is_same_blame(const Finding& one, const Finding& other) {
    return one.cause == other.cause && one.severity == other.severity &&
           one.failures == other.failures && one.since == other.since;
}

}  // namespace

const RecordedFinding* KnownFindings::find(const FindingKey& key) const {
    const auto found = all_.find(key);
    return found == all_.end() ? nullptr : &found->second;
}

void KnownFindings::put(const FindingKey& key, RecordedFinding recorded) {
    const auto before = all_.find(key);
    const bool is_known = before != all_.end();
    // A look that finds the same again changes nothing of what it blames.
    if (is_known && is_same_blame(before->second.finding, recorded.finding)) {
        before->second = std::move(recorded);
        return;
    }
    if (is_known) leave_cause(key, before->second.finding);
    if (blames(recorded.finding)) {
        const std::string& cause = recorded.finding.cause.name;
        by_cause_[cause].insert(key);
        changed_causes_.insert(cause);
    }
    all_.insert_or_assign(key, std::move(recorded));
}

Blaming KnownFindings::blaming(const std::string& cause) const {
    Blaming blaming;
    const auto found = by_cause_.find(cause);
    if (found == by_cause_.end()) return blaming;
    for (const FindingKey& key : found->second) blaming.push_back(&all_.at(key).finding);
    return blaming;
}

std::set<std::string> KnownFindings::take_changed_causes() {
    return std::exchange(changed_causes_, {});
}

bool KnownFindings::is_of(
    const FindingKey& key, const std::string& database, const std::string& set
) {
    return std::get<0>(key) == database && std::get<1>(key) == set;
}

Told::iterator KnownFindings::erase(Told::iterator entry) {
    leave_cause(entry->first, entry->second.finding);
    return all_.erase(entry);
}

void KnownFindings::leave_cause(const FindingKey& key, const Finding& finding) {
    const auto found = by_cause_.find(finding.cause.name);
    if (found == by_cause_.end() || found->second.erase(key) == 0) return;
    changed_causes_.insert(found->first);
    if (found->second.empty()) by_cause_.erase(found);
}

}  // namespace backupwatch
