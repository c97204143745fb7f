#include "core/failure.hpp"
#include "core/quoted_line.hpp"
#include "watch/world_memory.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace backupwatch {

void World::put(Finding& finding, Instant at) {
    const FindingKey key{finding.database, finding.set, finding.check};
    const RecordedFinding* before = memory_->findings.find(key);
    const auto silent = memory_->silent_since.find(key);
    const Severity severity = before == nullptr ? Severity::ok : before->finding.severity;
    if (finding.severity == Severity::ok) {
        finding.since.reset();
    } else if (severity != Severity::ok) {
        finding.since = before->finding.since;
    } else if (silent != memory_->silent_since.end()) {
        finding.since = silent->second;
    } else if (!finding.since) {
        finding.since = at;
    }
    // That nobody can tell any more is no sign that it is over.
    const bool cannot_tell = finding.severity == Severity::unknown && finding.cause.name.empty();
    if (cannot_tell && severity != Severity::ok) finding.cause = before->finding.cause;
    if (silent != memory_->silent_since.end()) memory_->silent_since.erase(silent);
    if (severity != finding.severity) {
        spdlog::info(
            "finding database={} set={} check={} severity={} summary={}",
            finding.database,
            finding.set,
            finding.check,
            to_string(finding.severity),
            quoted_line(finding.summary)
        );
    }
    memory_->findings.put(key, RecordedFinding{finding, at});
}

void World::take_over(Outcome& outcome) {
    if (outcome.findings.empty()) return;
    if (memory_->former_sets.contains({outcome.database, outcome.set})) return;
    for (Finding& finding : outcome.findings) put(finding, outcome.at);
    // A check that is silent now, for want of anything to judge, holds no opinion from before.
    memory_->findings.erase_of(outcome.database, outcome.set, [&](const Finding& finding) {
        const bool speaks = std::any_of(
            outcome.findings.begin(),
            outcome.findings.end(),
            [&](const Finding& current) { return current.check == finding.check; }
        );
        if (speaks) return false;
        if (outcome.is_blind && finding.since) {
            const FindingKey key{finding.database, finding.set, finding.check};
            memory_->silent_since.insert_or_assign(key, *finding.since);
        }
        return true;
    });
    if (outcome.is_blind) return;
    std::erase_if(memory_->silent_since, [&](const auto& entry) {
        const auto& [database, set, check] = entry.first;
        return database == outcome.database && set == outcome.set;
    });
}

Task<std::vector<Finding>> World::commit(Outcome outcome) {
    take_over(outcome);
    // Before it is judged itself: what fails by a shared cause is told with that.
    co_await judge_shared_causes();
    std::vector<Finding> findings = outcome.findings;
    const bool would_be_lost =
        outcome.closes || outcome.drill || outcome.failed_take || !outcome.expired.empty();
    Semaphore::Place turn;
    if (!findings.empty() && alerting.has_policy()) {
        turn = co_await alerting.turn.acquire();
        // Now that it has its turn: what was found and told while it waited stands, and what was
        // told is not due again.
        for (Finding& finding : outcome.findings) {
            const RecordedFinding* known =
                memory_->findings.find({finding.database, finding.set, finding.check});
            if (known != nullptr) finding = known->finding;
        }
        outcome.judge = alerting.judge(situation(outcome.database, outcome.set), clock.now());
    }
    std::exception_ptr refusal;
    try {
        Recorded recorded = co_await store.commit(outcome);
        if (outcome.judge) alerting.recorded({outcome.database, outcome.set}, std::move(recorded));
        note_store({});
    } catch (const Failure& failure) {
        // A slot that was closed before is our mistake, not the store's refusal.
        const bool is_mistake = failure.kind() == Failure::Kind::rejected;
        if (!is_mistake) note_store(failure.what());
        if (!is_mistake) alerting.refused(outcome);
        if (is_mistake || would_be_lost) refusal = std::current_exception();
    }
    if (refusal) std::rethrow_exception(refusal);
    for (Finding& finding : findings) {
        const RecordedFinding* now =
            memory_->findings.find({finding.database, finding.set, finding.check});
        if (now != nullptr) finding = now->finding;
    }
    co_return findings;
}

void World::note_store(const std::string& error) {
    const std::string before = std::exchange(memory_->store_error, error);
    if (error == before) return;
    if (error.empty()) {
        spdlog::info("the state can be written again");
    } else if (before.empty()) {
        spdlog::error("the state refuses error={}", quoted_line(error));
    }
    Finding finding = state_finding();
    put(finding, clock.now());
}

Task<> World::probe_store() {
    try {
        co_await store.probe(clock.now());
        note_store({});
    } catch (const Failure& failure) {
        note_store(failure.what());
    }
}

}  // namespace backupwatch
