#include "core/incident/step.hpp"
#include "watch/world_memory.hpp"

#include <algorithm>
#include <list>
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
        return is_silenced(key, silences, now);
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
    // For what somebody was called about already nobody is called again under another name.
    std::list<Finding> called_about;
    Blaming counted = blaming;
    for (const Finding*& one : counted) {
        if (!alerting.has_paged({one->database, one->set, one->check})) continue;
        called_about.push_back(*one);
        called_about.back().failures = std::min(one->failures, 1);
        one = &called_about.back();
    }
    auto finding = check_shared_cause(cause, counted, is_open);
    // Held: it goes on as it was told.
    if (!finding || (is_open && is_held(*finding))) return std::nullopt;
    std::vector<std::string> members = databases_of(blaming);
    const bool is_same = is_open && finding->severity == known->finding.severity &&
                         finding->failures == known->finding.failures;
    const auto judged = memory_->judged_members.find(cause);
    const bool is_judged = judged != memory_->judged_members.end();
    if (is_same && is_judged && !has_spread(members, judged->second, Duration(0))) {
        return std::nullopt;
    }
    if (finding->severity == Severity::ok) {
        memory_->judged_members.erase(cause);
    } else {
        memory_->judged_members.insert_or_assign(cause, std::move(members));
    }
    return finding;
}

/// Those named by what was found, or found no more, since this was asked last.
Task<> World::judge_shared_causes() {
    if (!alerting.has_policy()) co_return;
    std::vector<Outcome> news;
    const std::set<std::string> changed = memory_->findings.take_changed_causes();
    for (const std::string& cause : changed) {
        auto finding = news_of_cause(cause);
        if (!finding) continue;
        Outcome& outcome = news.emplace_back();
        outcome.database = our_name;
        outcome.set = cause;
        outcome.at = clock.now();
        outcome.findings.push_back(*std::move(finding));
        // All are known before the first is waited for.
        put(outcome.findings.front(), outcome.at);
    }
    for (Outcome& outcome : news) co_await commit(std::move(outcome));
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
