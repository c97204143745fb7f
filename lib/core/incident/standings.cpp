#include "core/incident/step.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

/// The one that lasts longest.
const Silence* silence_over(
    const IncidentKey& key, const std::vector<Silence>& silences, Instant now
) {
    const Silence* longest = nullptr;
    for (const Silence& silence : silences) {
        const bool is_longer = longest == nullptr || silence.until > longest->until;
        if (covers(silence, key, now) && is_longer) longest = &silence;
    }
    return longest;
}

/// The step of this lane that comes first, with what it waits for.
void add_next_step(
    Standing& standing,
    const Incident& incident,
    const AlertPolicy& policy,
    Instant now,
    std::optional<Instant> clock_doubted_before
) {
    AlertPolicy its_own{{standing.lane}, {}, {}};
    for (const EscalationStep& step : policy.steps) {
        if (names(step, standing.lane)) its_own.steps.push_back(step);
    }
    const bool is_concerned =
        std::any_of(its_own.steps.begin(), its_own.steps.end(), [&](const EscalationStep& step) {
            return concerns(step, incident.key);
        });
    const auto next = next_step(incident, its_own, now, clock_doubted_before);
    if (next && next->at) {
        standing.next_at = next->at;
        standing.next = "told, if it is still failing";
    } else if (next) {
        standing.next =
            "told at " + std::to_string(next->consecutive_failures) + " failures in a row";
    } else if (!is_concerned) {
        standing.next = "no step of the escalation names it for this";
    } else {
        standing.next = "told when it gets worse";
    }
}

bool is_due(
    const Lane& lane,
    const Incident& incident,
    const AlertPolicy& policy,
    Instant now,
    std::optional<Instant> clock_doubted_before
) {
    return std::any_of(policy.steps.begin(), policy.steps.end(), [&](const EscalationStep& step) {
        return names(step, lane) && applies(step, incident, now, clock_doubted_before);
    });
}

/// What is due while it is held back comes then.
void not_before(Standing& standing, Instant end) {
    if (standing.next_at) standing.next_at = std::max(*standing.next_at, end);
}

}  // namespace

std::vector<Standing> standings(
    const Incident& incident,
    const AlertPolicy& policy,
    const std::vector<Silence>& silences,
    Instant now,
    const std::optional<Leader>& leader,
    std::optional<Instant> clock_doubted_before
) {
    std::vector<Standing> all;
    const Silence* silence = silence_over(incident.key, silences, now);
    const bool acknowledged = is_acknowledged(incident, now);
    for (const Lane& lane : policy.lanes) {
        Standing& standing = all.emplace_back();
        standing.lane = lane;
        const LedgerEntry* told = told_of(incident, lane, policy);
        if (told != nullptr && !told->steps.empty()) {
            standing.told = worst_told(*told);
            standing.arrival = told->arrival;
            standing.queued_at = told->last_at;
            standing.reached_at = told->reached_at;
        }
        if (silence != nullptr) {
            standing.held_back = "silenced until " + in_words(silence->until) +
                                 (silence->reason.empty() ? "" : ": " + silence->reason);
        } else if (acknowledged && !lane.pages) {
            standing.held_back = "reminders pause until " + in_words(*incident.acknowledged_until) +
                                 ": acknowledged";
        }
        const Severity severity = incident.finding.severity;
        if (leader && hears_of(lane, incident.key, severity, policy) &&
            is_told_with(lane, incident.key, severity, *leader, policy)) {
            const std::string its = target_of(leader->key) + " " + leader->key.check;
            if (standing.held_back.empty()) standing.held_back = "told with " + its;
            standing.next = "told, if it still fails when that is over";
            continue;
        }
        add_next_step(standing, incident, policy, now, clock_doubted_before);
        auto reminder = reminder_times(incident.opened_at, policy.reminders, now).next;
        if (reminder && acknowledged) {
            reminder = std::max(*reminder, *incident.acknowledged_until);
        }
        const bool is_reminded = standing.told && !lane.pages && reminder;
        if (is_reminded && (!standing.next_at || *reminder <= *standing.next_at)) {
            standing.next_at = reminder;
            standing.next = "reminded";
        }
        if (silence == nullptr) continue;
        if (!standing.told && is_due(lane, incident, policy, now, clock_doubted_before)) {
            standing.next_at = silence->until;
            standing.next = "told, if it is still failing";
        }
        not_before(standing, silence->until);
    }
    return all;
}

}  // namespace backupwatch
