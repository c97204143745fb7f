#include "core/incident/step.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

bool lists(const std::vector<std::string>& names, const std::string& name) {
    return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

bool is_configured(const std::string& step, const AlertPolicy& policy) {
    return std::any_of(policy.steps.begin(), policy.steps.end(), [&](const EscalationStep& known) {
        return identity_of(known) == step;
    });
}

}  // namespace

bool concerns(const EscalationStep& step, const IncidentKey& key) {
    return lists(step.checks, key.check) && lists(step.databases, key.database);
}

Instant reckoned_from(const Incident& incident, std::optional<Instant> clock_doubted_before) {
    return std::max(incident.opened_at, clock_doubted_before.value_or(incident.opened_at));
}

bool applies(
    const EscalationStep& step,
    const Incident& incident,
    Instant now,
    std::optional<Instant> clock_doubted_before
) {
    const Finding& finding = incident.finding;
    if (!concerns(step, incident.key) || finding.severity < step.severity ||
        finding.failures < step.consecutive_failures) {
        return false;
    }
    if (step.duration == Duration(0)) return true;
    const Instant from = reckoned_from(incident, clock_doubted_before);
    // All of the past may be in doubt: then this lies at the end of time.
    return from <= now && now - from >= step.duration;
}

bool is_acknowledged(const Incident& incident, Instant now) {
    return incident.acknowledged_until && now < *incident.acknowledged_until &&
           *incident.acknowledged_until - now <= acknowledgement_lasts;
}

std::set<std::string> not_surely_told(const Incident& incident) {
    std::set<std::string> names;
    for (const LedgerEntry& told : incident.told) {
        const bool is_sure = told.arrival == Arrival::queued || told.arrival == Arrival::told;
        if (!is_sure) names.insert(told.lane.notifier);
    }
    return names;
}

bool names(const EscalationStep& step, const Lane& lane) {
    return std::find(step.notify.begin(), step.notify.end(), lane.notifier) != step.notify.end();
}

bool hears_of(
    const Lane& lane, const IncidentKey& key, Severity severity, const AlertPolicy& policy
) {
    return std::ranges::any_of(policy.steps, [&](const EscalationStep& step) {
        return names(step, lane) && concerns(step, key) && severity >= step.severity;
    });
}

bool is_told_with(
    const Lane& lane,
    const IncidentKey& key,
    Severity severity,
    const Leader& leader,
    const AlertPolicy& policy
) {
    const auto speaks = [&](const EscalationStep& step, const IncidentKey& of, Severity how_bad) {
        return names(step, lane) && concerns(step, of) && how_bad >= step.severity;
    };
    return std::ranges::all_of(policy.steps, [&](const EscalationStep& step) {
        if (!speaks(step, key, severity)) return true;
        return std::ranges::any_of(policy.steps, [&](const EscalationStep& other) {
            return speaks(other, leader.key, leader.severity) &&
                   other.consecutive_failures <= step.consecutive_failures &&
                   other.duration <= step.duration;
        });
    });
}

bool is_silenced(const IncidentKey& key, const std::vector<Silence>& silences, Instant now) {
    return std::ranges::any_of(silences, [&](const Silence& silence) {
        return covers(silence, key, now);
    });
}

const Lane* lane_of(const LedgerEntry& told, const AlertPolicy& policy) {
    const auto alike = [&](const Lane& lane) { return likeness(lane, told.lane); };
    const auto best = std::ranges::max_element(policy.lanes, {}, alike);
    return best == policy.lanes.end() || alike(*best) == Likeness::none ? nullptr : &*best;
}

const LedgerEntry* told_of(const Incident& incident, const Lane& lane, const AlertPolicy& policy) {
    for (const LedgerEntry& told : incident.told) {
        const Lane* current = lane_of(told, policy);
        if (current != nullptr && *current == lane) return &told;
    }
    return nullptr;
}

Severity worst_told(const LedgerEntry& told) {
    Severity worst = Severity::ok;
    for (const ToldStep& step : told.steps) worst = std::max(worst, step.severity);
    return worst;
}

bool was_told(
    const LedgerEntry& told, const std::string& step, Severity severity, const AlertPolicy& policy
) {
    return std::any_of(told.steps.begin(), told.steps.end(), [&](const ToldStep& entry) {
        if (entry.severity < severity) return false;
        return entry.step == step || !is_configured(entry.step, policy);
    });
}

ReminderTimes reminder_times(
    Instant opened_at, const std::vector<Duration>& reminders, Instant now
) {
    ReminderTimes times;
    for (const Duration after : reminders) {
        const Instant at = opened_at + after;
        if (at > now) {
            times.next = at;
            return times;
        }
        times.due = at;
    }
    if (reminders.empty()) return times;
    const Instant last = opened_at + reminders.back();
    const auto periods = (now - last) / reminders.back();
    times.due = last + periods * reminders.back();
    times.next = *times.due + reminders.back();
    return times;
}

std::optional<NextStep> next_step(
    const Incident& incident,
    const AlertPolicy& policy,
    Instant now,
    std::optional<Instant> clock_doubted_before
) {
    std::optional<NextStep> next;
    for (const EscalationStep& step : policy.steps) {
        const Finding& finding = incident.finding;
        if (!concerns(step, incident.key) || finding.severity < step.severity) continue;
        if (applies(step, incident, now, clock_doubted_before)) continue;
        NextStep candidate{step.notify, std::nullopt, 0};
        if (finding.failures < step.consecutive_failures) {
            candidate.consecutive_failures = step.consecutive_failures;
        } else {
            // While all of the past is in doubt, not before it has lasted from now on.
            const Instant from = reckoned_from(incident, clock_doubted_before);
            candidate.at = std::min(from, now) + step.duration;
        }
        const bool is_sooner =
            !next || (candidate.at && next->at && *candidate.at < *next->at) ||
            (candidate.consecutive_failures > 0 && next->consecutive_failures > 0 &&
             candidate.consecutive_failures < next->consecutive_failures);
        if (is_sooner) next = std::move(candidate);
    }
    return next;
}

}  // namespace backupwatch
