#include "watch/world_memory.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace backupwatch {
namespace {

/// What is silenced makes no news of a cause; what is told of one already goes on.
Blaming told_ones(Blaming blaming, const std::vector<Silence>& silences, Instant now) {
    std::erase_if(blaming, [&](const Finding* finding) {
        const IncidentKey key{finding->database, finding->set, finding->check};
        return std::ranges::any_of(silences, [&](const Silence& silence) {
            return covers(silence, key, now);
        });
    });
    return blaming;
}

FindingKey key_of_cause(const std::string& cause) {
    return {our_name, cause, shared_cause_check};
}

}  // namespace

/// Nothing where what is known of it says enough.
std::optional<Finding> World::news_of_cause(const std::string& cause) {
    const RecordedFinding* known = memory_->findings.find(key_of_cause(cause));
    const bool is_open = known != nullptr && known->finding.severity != Severity::ok;
    Blaming blaming = memory_->findings.blaming(cause);
    if (!is_open) blaming = told_ones(std::move(blaming), alerting.silences, clock.now());
    auto finding = check_shared_cause(cause, blaming, is_open);
    if (!finding) return std::nullopt;
    std::size_t& judged = memory_->judged_members[cause];
    const std::size_t members = databases_of(blaming).size();
    const bool is_same = is_open && finding->severity == known->finding.severity &&
                         finding->failures == known->finding.failures;
    if (is_same && !has_spread(members, judged, Duration(0))) return std::nullopt;
    judged = members;
    if (finding->severity == Severity::ok) memory_->judged_members.erase(cause);
    return finding;
}

/// Those named by what was found, or found no more, since this was asked last.
Task<> World::judge_shared_causes() {
    if (!alerting.has_policy()) co_return;
    const std::set<std::string> changed = memory_->findings.take_changed_causes();
    for (const std::string& cause : changed) {
        auto finding = news_of_cause(cause);
        if (!finding) continue;
        Outcome outcome;
        outcome.database = our_name;
        outcome.set = cause;
        outcome.at = clock.now();
        outcome.findings.push_back(*std::move(finding));
        co_await commit(std::move(outcome));
    }
}

std::vector<std::string> World::blaming_databases(const std::string& cause) const {
    return databases_of(memory_->findings.blaming(cause));
}

std::vector<std::string> World::shared_causes() const {
    std::vector<std::string> causes;
    for (const auto& [key, recorded] : told(our_name)) {
        const Finding& finding = recorded.finding;
        if (finding.check == shared_cause_check && memory_->watches_cause(finding.set)) {
            causes.push_back(finding.set);
        }
    }
    return causes;
}

std::vector<Finding> World::shared_causes_of(const std::vector<Finding>& findings) const {
    std::vector<Finding> causes;
    std::set<std::string> names;
    for (const Finding& finding : findings) {
        if (finding.cause.name.empty() || !names.insert(finding.cause.name).second) continue;
        const RecordedFinding* known = memory_->findings.find(key_of_cause(finding.cause.name));
        if (known != nullptr) causes.push_back(known->finding);
    }
    return causes;
}

}  // namespace backupwatch
