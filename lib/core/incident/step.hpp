#pragma once
#include "core/incident/incident.hpp"

#include <set>

namespace backupwatch {

/// Pieces of the judgement that `judge` and `standings` share.

/// Whether a step may ever speak of this incident, however bad and long it gets.
bool concerns(const EscalationStep& step, const IncidentKey& key);
/// Whether all its conditions hold now. How long it lasts counts from `clock_doubted_before` where
/// it is older than that.
bool applies(
    const EscalationStep& step,
    const Incident& incident,
    Instant now,
    std::optional<Instant> clock_doubted_before = {}
);
/// Since when it lasts, as far as the clock can tell.
Instant reckoned_from(const Incident& incident, std::optional<Instant> clock_doubted_before);
bool names(const EscalationStep& step, const Lane& lane);
/// Whether this lane is told of something that bad, now or when it has lasted.
bool hears_of(
    const Lane& lane, const IncidentKey& key, Severity severity, const AlertPolicy& policy
);
/// Whether it hears of what that follows from, and each step that would tell it of this tells it of
/// that, no later.
bool is_told_with(
    const Lane& lane,
    const IncidentKey& key,
    Severity severity,
    const Leader& leader,
    const AlertPolicy& policy
);
bool is_silenced(const IncidentKey& key, const std::vector<Silence>& silences, Instant now);

/// Whether something was or will be told by it, so that the end is, too.
inline bool knows_of_it(const LedgerEntry& told) {
    return !told.steps.empty() && (told.arrival != Arrival::refused || told.reached_at);
}
/// Names of notifiers from which it is not certain that they told of it.
std::set<std::string> not_surely_told(const Incident& incident);

/// The entry of this lane, whatever it was called when it was told; null: it was told nothing.
const LedgerEntry* told_of(const Incident& incident, const Lane& lane, const AlertPolicy& policy);
/// The lane that this entry speaks to now; null: it is no longer configured.
const Lane* lane_of(const LedgerEntry& told, const AlertPolicy& policy);

Severity worst_told(const LedgerEntry& told);
/// Whether this step told it at least this severity. A step that is in the configuration no more
/// counts for every step: changing its conditions must not repeat it.
bool was_told(
    const LedgerEntry& told, const std::string& step, Severity severity, const AlertPolicy& policy
);

/// The newest instant of the reminders that is due at `now`, and the one after it.
struct ReminderTimes {
    std::optional<Instant> due;
    std::optional<Instant> next;
};
ReminderTimes reminder_times(
    Instant opened_at, const std::vector<Duration>& reminders, Instant now
);

/// Whether it is only being tried again, or the clock is in doubt: no verdict to tell.
inline bool is_held(const Finding& finding) {
    return finding.severity != Severity::ok && finding.failures == 0;
}

/// The step that comes next, if anything is known of when.
std::optional<NextStep> next_step(
    const Incident& incident,
    const AlertPolicy& policy,
    Instant now,
    std::optional<Instant> clock_doubted_before = {}
);

}  // namespace backupwatch
