#include "core/backup/backup.hpp"
#include "core/check/set_checks.hpp"
#include "core/failure.hpp"
#include "watch/world_memory.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace backupwatch {
namespace {

/// Of ourselves: each under the name of what it is about, or of nothing.
const std::vector<std::string> our_checks{"disk", "state", "clock", "delivery", shared_cause_check};

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

Situation World::situation(const std::string& name, const std::string& set_name) {
    Situation situation;
    situation.clock_doubted_before = clock_doubted_before();
    situation.database = name;
    situation.set = set_name;
    for (const auto& [key, recorded] : told(name)) situation.findings.push_back(recorded.finding);
    if (name == our_name) {
        situation.checks = our_checks;
        if (!set_name.empty()) situation.members = blaming_databases(set_name);
    } else {
        situation.shared_causes = shared_causes_of(situation.findings);
    }
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

/// Of what was found there by this process; none: nothing was.
std::optional<Instant> World::last_look_at(const Alerting::Scope& scope) const {
    std::optional<Instant> last;
    const auto& findings = memory_->findings.all();
    for (auto entry = findings.lower_bound({scope.first, scope.second, ""});
         entry != findings.end();
         ++entry) {
        const Finding& finding = entry->second.finding;
        if (finding.database != scope.first || finding.set != scope.second) break;
        last = std::max(last.value_or(entry->second.checked_at), entry->second.checked_at);
    }
    return last;
}

/// Another process looked later: what it found stands.
Task<> World::take_over_looks(const Alerting::Scope& scope) {
    std::vector<RecordedFinding> recorded;
    try {
        recorded = co_await store.findings();
    } catch (const Failure& failure) {
        note_store(failure.what());
        co_return;
    }
    const auto is_meant = [&](const Finding& finding) {
        return finding.database == scope.first && finding.set == scope.second;
    };
    std::erase_if(recorded, [&](const RecordedFinding& entry) { return !is_meant(entry.finding); });
    const auto last = last_look_at(scope);
    const bool is_later = std::ranges::any_of(recorded, [&](const RecordedFinding& entry) {
        return !entry.is_silent && (!last || entry.checked_at > *last);
    });
    if (!is_later) co_return;
    memory_->findings.erase_of(scope.first, scope.second, [](auto&&) { return true; });
    for (const RecordedFinding& entry : recorded) recall_finding(entry);
}

Task<World::Judged> World::judge_once(Alerting::Scope scope, bool asks_store, bool may_be_stale) {
    co_await judge_shared_causes();
    const auto turn = co_await alerting.turn.acquire();
    Outcome outcome;
    std::tie(outcome.database, outcome.set) = scope;
    outcome.at = clock.now();
    if (may_be_stale) outcome.as_of = last_look_at(scope);
    outcome.judge = alerting.judge(situation(scope.first, scope.second), outcome.at);
    co_return co_await commit_judgement(std::move(outcome), asks_store);
}

Task<World::Judged> World::judge_with_last_look(Alerting::Scope scope, bool asks_store) {
    // The second time something stands in the state that is no look, or looks come that fast.
    for (int turn = 0; turn < 2; ++turn) {
        const Judged judged = co_await judge_once(scope, asks_store, true);
        if (judged != Judged::stale) co_return judged;
        co_await take_over_looks(scope);
    }
    co_return co_await judge_once(scope, asks_store, false);
}

Task<> World::judge_each(std::vector<Alerting::Scope> scopes, bool asks_store) {
    for (const Alerting::Scope& scope : scopes) {
        const Judged judged = co_await judge_with_last_look(scope, asks_store);
        asks_store = asks_store && judged != Judged::refused;
    }
}

Task<> World::judge_again(Alerting::Scope scope) {
    co_await judge_with_last_look(std::move(scope), true);
}

Task<World::Judged> World::end_unwatched_of(std::string database, bool asks_store) {
    const auto turn = co_await alerting.turn.acquire();
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
    if (database == our_name) {
        for (const std::string& cause : shared_causes()) sets.insert(cause);
        for (const auto& [id, incident] : alerting.open()) {
            // Who blames it is not known yet.
            if (!memory_->are_findings_recalled && incident.key.check == shared_cause_check) {
                sets.insert(incident.key.set);
            }
        }
    }
    if (database == our_name || memory_->disks.contains(database)) sets.insert("");
    outcome.judge = alerting.judge_unwatched(std::move(database), std::move(sets), outcome.at);
    co_return co_await commit_judgement(std::move(outcome), asks_store);
}

Task<> World::judge_all() {
    if (!alerting.has_policy()) co_return;
    if (!memory_->are_incidents_recalled) co_await try_to_recall_alerts();
    if (!memory_->are_findings_recalled) co_await try_to_recall_findings();
    // Notifiers come and go without a world, and a look may end after its set is gone.
    forget_unwatched();
    std::erase_if(alerting.silences, [now = clock.now()](const Silence& silence) {
        return silence.until <= now;
    });
    std::set<std::string> databases_to_judge = alerting.unrecorded();
    std::set<Alerting::Scope> scopes;
    for (const auto& [id, incident] : alerting.open()) {
        databases_to_judge.insert(incident.key.database);
        scopes.emplace(incident.key.database, incident.key.set);
    }
    for (const auto& [key, recorded] : told()) {
        const Finding& finding = recorded.finding;
        if (finding.severity != Severity::ok) scopes.emplace(finding.database, finding.set);
    }
    bool asks_store = true;
    for (const std::string& database : databases_to_judge) {
        const Judged judged = co_await end_unwatched_of(database, asks_store);
        asks_store = asks_store && judged != Judged::refused;
    }
    std::vector<Alerting::Scope> watched_ones;
    for (const Alerting::Scope& scope : scopes) {
        if (memory_->watches(scope.first, scope.second)) watched_ones.push_back(scope);
    }
    co_await judge_each(std::move(watched_ones), asks_store);
}

Task<World::Judged> World::commit_judgement(Outcome outcome, bool asks_store) {
    if (!outcome.judge) co_return Judged::recorded;
    if (!asks_store) {
        alerting.refused(outcome);
        co_return Judged::refused;
    }
    const Alerting::Scope scope{outcome.database, outcome.set};
    try {
        Recorded recorded = co_await store.commit(outcome);
        note_store({});
        if (recorded.is_stale) co_return Judged::stale;
        alerting.recorded(scope, std::move(recorded));
        co_return Judged::recorded;
    } catch (const Failure& failure) {
        note_store(failure.what());
        alerting.refused(outcome);
    }
    co_return Judged::refused;
}

}  // namespace backupwatch
