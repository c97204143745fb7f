#include "core/check/gate.hpp"

#include "core/backup/copies.hpp"
#include "core/backup/judged_drill.hpp"
#include "core/words.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

/// Null: it was never drilled. What could not be run says nothing, unless nothing else is known.
const DrillOutcome* last_word_on(const Backup& backup, const std::vector<DrillOutcome>& drills) {
    const DrillOutcome* unrun = nullptr;
    for (const DrillOutcome& drill : drills) {
        if (!is_drill_of(drill, backup)) continue;
        if (drill.result != DrillOutcome::Result::unknown) return &drill;
        if (unrun == nullptr) unrun = &drill;
    }
    return unrun;
}

bool is_passed(const DrillOutcome* drill) {
    return drill != nullptr && drill->result == DrillOutcome::Result::passed;
}

struct Search {
    Duration max_age;
    Instant now;
    std::optional<Instant> clock_doubted_before;

    /// From the future it is of no age at all.
    bool is_young(const Backup& backup) const {
        return backup.status == BackupStatus::completed && instant_of(backup) <= now &&
               now - backup.started_at <= max_age;
    }
    bool is_doubted(const Backup& backup) const {
        return clock_doubted_before && backup.started_at < *clock_doubted_before;
    }
    bool may_be_an_old_copy(const Backup& backup) const {
        return backup.unchanged_since && now - *backup.unchanged_since > max_age;
    }

    std::optional<GateProof> proof_in(const GateFacts::Set& set) const {
        std::optional<GateProof> newest;
        if (!set.inventory) return newest;
        for (const Backup& backup : set.inventory->backups) {
            const DrillOutcome* const drill = last_word_on(backup, set.drills);
            if (!is_young(backup) || is_doubted(backup) || !is_passed(drill)) continue;
            if (may_be_an_old_copy(backup)) continue;
            if (newest && newest->backup.started_at > backup.started_at) continue;
            newest = GateProof{set.name, backup, *drill};
        }
        return newest;
    }

    std::string why_unproven(const Backup& backup, const DrillOutcome* drill) const {
        const std::string name =
            id_and_label(backup) + ", " + in_words(now - backup.started_at) + " old,";
        if (drill == nullptr) return name + " has passed no drill yet";
        const bool has_failed = drill->result == DrillOutcome::Result::failed;
        return name + (has_failed ? " failed its drill: " : " could not be drilled: ") +
               drill->error;
    }

    /// Why nothing in this set is a proof.
    GateReason reason_in(const GateFacts::Set& set) const {
        const std::string start = set.name + ": ";
        if (!set.is_drilled) return {start + "is not drilled, so nothing proves that it restores"};
        if (!set.inventory) {
            return {start + "which backups there are cannot be told: " + set.error, false};
        }
        const Backup* const newest = newest_completed(*set.inventory, now);
        if (newest == nullptr) return {start + "there is no completed backup"};
        if (is_doubted(*newest)) {
            return {start + "the clock is in doubt: how old its backups are cannot be told", false};
        }
        if (!is_young(*newest)) {
            return {
                start + "the newest backup, " + id_and_label(*newest) + ", is " +
                in_words(now - newest->started_at) + " old, and at most " + to_text(max_age) +
                " is asked for"};
        }
        const DrillOutcome* const drill = last_word_on(*newest, set.drills);
        if (!is_passed(drill)) return {start + why_unproven(*newest, drill)};
        // Nothing else is against it.
        return {
            start + "whether the newest backup, " + id_and_label(*newest) +
                ", is new cannot be told: byte for byte it is the one of " +
                in_words(newest->unchanged_since.value()) + ", and at most " + to_text(max_age) +
                " is asked for (" + std::string(told_apart_by) + ")",
            false};
    }
};

}  // namespace

Severity GateDecision::severity() const {
    if (reasons.empty()) return Severity::ok;
    const bool is_shut = std::ranges::any_of(reasons, &GateReason::is_certain);
    return is_shut ? Severity::critical : Severity::unknown;
}

GateDecision decide_gate(const GateFacts& facts, Duration max_age, Instant now) {
    const Search search{max_age, now, facts.clock_doubted_before};
    GateDecision decision;
    decision.not_looked_at = facts.not_looked_at;
    for (const GateFacts::Set& set : facts.sets) {
        auto proof = search.proof_in(set);
        if (!proof) continue;
        const auto& best = decision.proof;
        if (best && best->backup.started_at >= proof->backup.started_at) continue;
        decision.proof = std::move(proof);
    }
    if (facts.sets.empty()) decision.reasons.push_back({"it has no backup set"});
    if (!decision.proof) {
        for (const GateFacts::Set& set : facts.sets) {
            decision.reasons.push_back(search.reason_in(set));
        }
    }
    for (const Finding& finding : facts.critical) {
        const std::string place = finding.set.empty() ? "" : finding.set + " ";
        decision.reasons.push_back({"critical: " + place + finding.check + ": " + finding.summary});
    }
    for (const std::string& sentence : facts.busy) decision.reasons.push_back({sentence});
    if (!facts.unasked.empty()) decision.reasons.push_back({facts.unasked, false});
    if (!facts.unread.empty()) decision.reasons.push_back({facts.unread, false});
    return decision;
}

}  // namespace backupwatch
