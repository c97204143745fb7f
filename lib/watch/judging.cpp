#include "core/backup/backup.hpp"
#include "core/check/set_checks.hpp"
#include "core/failure.hpp"
#include "watch/world_memory.hpp"

#include <set>
#include <utility>

namespace backupwatch {
namespace {

/// Of ourselves: each under the name of what it is about, or of nothing.
const std::vector<std::string> our_checks{"disk", "state", "clock", "delivery"};

std::vector<std::string> checks_of(const WatchedSet& set) {
    std::vector<std::string> checks;
    for (const auto check : checks_of(policy_of(set.settings))) checks.emplace_back(check);
    return checks;
}

}  // namespace

Proofs proofs_of(const WatchedSet& set, Instant now) {
    Proofs proofs;
    proofs.provider_page = set.source->provider_page();
    const Backup* newest = set.inventory ? newest_completed(*set.inventory, now) : nullptr;
    if (newest != nullptr) {
        proofs.last_backup =
            ProofMention{newest->id, instant_of(*newest), newest->size_bytes, std::nullopt};
    }
    if (set.last_passed) {
        const DrillOutcome& passed = set.last_passed->outcome;
        proofs.last_drill =
            ProofMention{passed.backup_id, passed.finished_at, std::nullopt, passed.seconds};
    }
    return proofs;
}

Situation World::situation(const std::string& name, const std::string& set_name) const {
    Situation situation;
    situation.database = name;
    situation.set = set_name;
    for (const auto& [key, recorded] : told(name)) situation.findings.push_back(recorded.finding);
    if (name == our_name) situation.checks = our_checks;
    for (const WatchedDatabase& database : databases) {
        if (database.name != name) continue;
        if (set_name.empty() && database.disk) situation.checks = {"disk"};
        for (const auto& set : database.sets) {
            if (set->settings.name != set_name) continue;
            situation.checks = checks_of(*set);
            situation.proofs = proofs_of(*set, clock.now());
        }
    }
    return situation;
}

Task<> World::judge_again(Alerting::Scope scope) {
    Outcome outcome;
    std::tie(outcome.database, outcome.set) = scope;
    outcome.at = clock.now();
    const auto turn = co_await alerting.turn.acquire();
    outcome.judge = alerting.judge(situation(scope.first, scope.second), outcome.at);
    co_await commit_judgement(std::move(outcome));
}

Task<> World::judge_all() {
    if (!alerting.has_policy()) co_return;
    std::set<std::string> with_incidents;
    std::set<Alerting::Scope> scopes;
    for (const auto& [id, incident] : alerting.open()) {
        with_incidents.insert(incident.key.database);
        scopes.emplace(incident.key.database, incident.key.set);
    }
    for (const auto& [key, recorded] : told()) {
        const Finding& finding = recorded.finding;
        if (finding.severity != Severity::ok) scopes.emplace(finding.database, finding.set);
    }
    for (const std::string& database : with_incidents) {
        Outcome outcome;
        outcome.database = database;
        outcome.at = clock.now();
        std::set<std::string> sets;
        for (const auto& [key, set] : memory_->sets) {
            if (key.first == database) sets.insert(key.second);
        }
        for (const ConfiguredNotifier& notifier : alerting.notifiers) {
            if (database == our_name) sets.insert(notifier.name);
        }
        if (database == our_name || memory_->disks.contains(database)) sets.insert("");
        const auto turn = co_await alerting.turn.acquire();
        outcome.judge = alerting.judge_unwatched(database, std::move(sets), outcome.at);
        co_await commit_judgement(std::move(outcome));
    }
    for (const Alerting::Scope& scope : scopes) {
        if (memory_->watches(scope.first, scope.second)) co_await judge_again(scope);
    }
}

Task<> World::commit_judgement(Outcome outcome) {
    if (!outcome.judge) co_return;
    const Alerting::Scope scope{outcome.database, outcome.set};
    try {
        Recorded recorded = co_await store.commit(outcome);
        alerting.recorded(scope, std::move(recorded));
        note_store({});
    } catch (const Failure& failure) {
        note_store(failure.what());
        alerting.refused(outcome);
    }
}

}  // namespace backupwatch
