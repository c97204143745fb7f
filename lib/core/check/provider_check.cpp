#include "core/check/set_checks.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

/// Clocks differ a little; a moment further ahead than this was never archived.
constexpr Duration ahead_at_most = std::chrono::minutes(5);
constexpr Duration one_day = std::chrono::hours(24);
constexpr int most_overdue = 10'000;
/// A base backup is taken each week at least, and writes WAL of its own.
constexpr Duration longest_idle = 8 * one_day;

const ProviderReport* report_of(const SetObservation& observed) {
    if (!observed.inventory || !observed.inventory->provider) return nullptr;
    return &*observed.inventory->provider;
}

bool is_from_the_future(const PointInTime& pitr, Instant now) {
    return pitr.latest && *pitr.latest > now + ahead_at_most;
}

/// For how long what was written is known to wait, or may. Of a database that nobody writes to: how
/// much longer nothing came than can be.
Duration lag_of(const PointInTime& pitr, Instant now) {
    const Duration behind = std::max(now - *pitr.latest, Duration(0));
    if (!pitr.is_waiting) return behind;
    if (*pitr.is_waiting) {
        return std::clamp(now - pitr.waiting_since.value_or(*pitr.latest), Duration(0), behind);
    }
    return std::max(behind - longest_idle, Duration(0));
}

/// What is said of a lag that is none.
std::string idle_in_words(const PointInTime& pitr, Instant now) {
    if (!pitr.is_waiting || now - *pitr.latest < std::chrono::minutes(5)) return {};
    return *pitr.is_waiting ? ", and what was written since waits to be archived"
                            : ", and nothing that was written since waits to be archived";
}

/// What is said of one that is, and whether it is known or only possible.
struct Lagging {
    Severity severity;
    std::string because;
};
Lagging judge_lag(const PointInTime& pitr) {
    if (!pitr.is_waiting) {
        return {Severity::unknown, "nobody can tell whether anything was written since"};
    }
    if (!*pitr.is_waiting) {
        return {
            Severity::unknown,
            "nothing waits to be archived, though a base backup, of which there is one each week, "
            "writes something"};
    }
    std::string because = "what was written since waits to be archived";
    if (pitr.waiting_since) {
        because += ", since " + in_words(*pitr.waiting_since) + " at the latest";
    }
    return {Severity::critical, std::move(because)};
}

Finding backup_finding(const SetPolicy& policy) {
    Finding finding;
    finding.check = "backup";
    finding.threshold = in_words(policy.backup.every + policy.backup.grace);
    return finding;
}

/// There is a stretch, and nobody says up to when: as of one that was switched on just now, over
/// the backups that were there before.
Finding without_latest(
    Finding finding,
    const SetPolicy& policy,
    const SetObservation& observed,
    const PointInTime& pitr,
    Instant now
) {
    Instant owed = owed_since(observed, now);
    if (pitr.began && *pitr.began <= now) owed = std::max(owed, *pitr.began);
    const Backup* newest = newest_completed(*observed.inventory, now);
    if (newest != nullptr) owed = std::max(owed, instant_of(*newest));
    finding.failures = overdue_periods(now - owed, policy.backup);
    if (finding.failures > 0) {
        finding.severity = Severity::critical;
        finding.summary =
            "point-in-time recovery is on, and the provider names no moment to restore to";
    } else {
        finding.summary =
            "waiting for the first backup: point-in-time recovery is on, and one is "
            "due at the latest at " +
            in_words(owed + policy.backup.every + policy.backup.grace);
    }
    return finding;
}

Finding backup_to_any_moment(
    const SetPolicy& policy, const SetObservation& observed, const PointInTime& pitr, Instant now
) {
    Finding finding = backup_finding(policy);
    if (!pitr.latest) return without_latest(std::move(finding), policy, observed, pitr, now);
    const std::string moment = in_words(*pitr.latest);
    if (is_from_the_future(pitr, now)) {
        finding.severity = Severity::critical;
        finding.failures = 1;
        finding.summary = "the provider says that it restores up to " + moment +
                          ", which is in the future: that proves nothing";
        return finding;
    }
    const Duration lag = lag_of(pitr, now);
    const bool is_held = is_age_in_doubt(observed, *pitr.latest);
    finding.value = is_held ? "" : in_words(lag);
    if (is_held) {
        finding.threshold += held_in_words;
        finding.severity = Severity::unknown;
        finding.summary =
            "cannot tell whether a backup is late, as the clock is in doubt: it can "
            "be restored up to " +
            moment;
        return finding;
    }
    finding.failures = overdue_periods(lag, policy.backup);
    if (finding.failures == 0) {
        finding.summary =
            "can be restored to any moment up to " + moment + idle_in_words(pitr, now);
        return finding;
    }
    const Lagging lagging = judge_lag(pitr);
    finding.severity = lagging.severity;
    finding.summary = "can be restored only up to " + moment + ", and " + lagging.because;
    if (pitr.is_asked_again) finding.failures = 0;
    return finding;
}

/// Where dumps are taken, that is all there is to do about it, and nothing fails.
Finding none_by_plan(
    const SetPolicy& policy, const ProviderReport& report, const std::string& beside
) {
    Finding finding = backup_finding(policy);
    const std::string& plan = report.plan_without;
    finding.summary = plan.empty() ? "no provider backup, as was accepted: "
                                   : "no provider backup on the plan \"" + plan + "\": ";
    if (!beside.empty()) {
        finding.summary += "what there is of this database is in the set " + beside;
        return finding;
    }
    finding.severity = Severity::warning;
    finding.failures = 1;
    finding.summary += "take dumps, in a set of their own with `source: dump` and `take`";
    return finding;
}

/// Told, and never so often that somebody is woken because a token may not read the plan.
Finding of_an_unknown_plan(const SetPolicy& policy) {
    Finding finding = backup_finding(policy);
    finding.severity = Severity::unknown;
    finding.failures = 1;
    finding.summary =
        "cannot tell whether there should be a backup: the list is empty, and the plan, which may "
        "have none, cannot be read";
    return finding;
}

/// Whether the last came when it is due, by a time that is only usual: of one that came at another
/// hour, or where the hour has changed, that time tells nothing.
bool is_of(const DailyDue& due, Instant last) {
    if (!due.is_only_usual) return true;
    const Duration time = last - std::chrono::floor<std::chrono::days>(last);
    return (due.since_midnight - time + one_day) % one_day <= due.early_at_most;
}

}  // namespace

Instant owed_since(const SetObservation& observed, Instant now) {
    const ProviderReport* report = report_of(observed);
    const bool is_dated = report != nullptr && report->exists_since && *report->exists_since <= now;
    return is_dated ? *report->exists_since : observed.watched_since;
}

int backups_overdue(
    const SetPolicy& policy, const SetObservation& observed, Instant last, Instant now
) {
    const ProviderReport* report = report_of(observed);
    const BackupPolicy& backup = policy.backup;
    const bool is_timed = report != nullptr && report->due && backup.every == one_day;
    if (!is_timed || !is_of(*report->due, last)) return overdue_periods(now - last, backup);
    const auto until =
        std::chrono::floor<std::chrono::days>(now - backup.grace - report->due->since_midnight);
    Instant due = Instant(until) + report->due->since_midnight;
    int missing = 0;
    // One that is dated a little before its time is of that time.
    const Duration early = report->due->early_at_most;
    while (due > report->due->since && last < due - early && missing < most_overdue) {
        ++missing;
        due -= one_day;
    }
    // A time that was moved leaves a gap that no time of day tells of.
    return std::max(missing, overdue_periods(now - last - one_day, backup));
}

std::optional<Finding> check_backup_by_provider(
    const SetPolicy& policy, const SetObservation& observed, Instant now
) {
    const ProviderReport* report = report_of(observed);
    if (report == nullptr) return std::nullopt;
    if (report->pitr) return backup_to_any_moment(policy, observed, *report->pitr, now);
    if (!observed.inventory->backups.empty()) return std::nullopt;
    if (report->plan_without.empty() && !report->is_without) {
        const Duration waited = now - owed_since(observed, now);
        const bool is_waiting = waited <= policy.backup.every + policy.backup.grace;
        if (report->is_plan_told || is_waiting) return std::nullopt;
        return of_an_unknown_plan(policy);
    }
    return none_by_plan(policy, *report, observed.beside);
}

std::optional<Finding> check_retention_by_provider(
    const SetPolicy& policy, const PointInTime& pitr, Instant now
) {
    // `backup` says what there is to say.
    if (!pitr.latest) return std::nullopt;
    Finding finding;
    finding.check = "retention";
    finding.failures = 1;
    if (!pitr.earliest) {
        finding.severity = Severity::unknown;
        finding.summary = "since when it can be restored is not told";
        return finding;
    }
    const std::string begin = in_words(*pitr.earliest);
    if (*pitr.earliest > now + ahead_at_most) {
        finding.severity = Severity::unknown;
        finding.summary = "it is said to be restorable since " + begin + ", which is in the future";
        return finding;
    }
    if (*pitr.earliest > *pitr.latest) {
        finding.severity = Severity::critical;
        finding.summary = "nothing can be restored: the stretch is said to begin at " + begin +
                          ", and to end before, at " + in_words(*pitr.latest);
        return finding;
    }
    finding.failures = 0;

    const Duration wanted = policy.backup.reach_back.value_or(Duration(0));
    const Duration bought = pitr.keeps.value_or(Duration(0));
    const Instant began = std::min(pitr.began.value_or(*pitr.earliest), *pitr.earliest);
    const Instant owed = std::max(now - std::max(wanted, bought), began);
    const Duration missing = *pitr.earliest - owed;
    finding.value = in_words(now - *pitr.earliest);
    finding.threshold = in_words(std::max(wanted, bought));
    finding.summary = "can be restored to any moment since " + begin;
    if (missing <= policy.backup.every + policy.backup.grace) return finding;
    finding.severity = Severity::warning;
    finding.failures = 1;
    finding.summary = "the stretch that can be restored has shrunk: it begins at " + begin +
                      ", and was to begin at " + in_words(owed);
    if (bought > Duration(0)) finding.summary += "; bought are " + in_words(bought);
    return finding;
}

std::optional<Finding> check_pitr(
    const SetPolicy& policy, const SetObservation& observed, Instant now
) {
    const ProviderReport* report = report_of(observed);
    if (!policy.provider || report == nullptr) return std::nullopt;
    const Duration most = policy.provider->max_pitr_lag;
    Finding finding;
    finding.check = "pitr";
    finding.failures = 1;
    if (!report->pitr) {
        const bool is_required = policy.provider->pitr == PitrMode::required;
        finding.severity = is_required ? Severity::critical : Severity::ok;
        finding.failures = is_required ? 1 : 0;
        finding.summary = is_required ? "point-in-time recovery is required, and it is off"
                                      : "point-in-time recovery is off";
        return finding;
    }
    if (policy.provider->pitr == PitrMode::off) {
        finding.failures = 0;
        finding.summary = "point-in-time recovery is on, and nobody asks for it";
        return finding;
    }
    const PointInTime& pitr = *report->pitr;
    // `backup` says what there is to say.
    if (!pitr.latest) return std::nullopt;
    finding.threshold = in_words(most);
    const std::string moment = in_words(*pitr.latest);
    const Duration lag = lag_of(pitr, now);
    finding.value = in_words(lag);
    if (is_from_the_future(pitr, now)) {
        finding.severity = Severity::unknown;
        finding.summary = "it is said to reach up to " + moment + ", which is in the future";
    } else if (is_age_in_doubt(observed, *pitr.latest)) {
        finding.severity = Severity::unknown;
        finding.failures = 0;
        finding.summary =
            "cannot tell how far it is behind, as the clock is in doubt: up to " + moment;
    } else if (lag <= most) {
        finding.failures = 0;
        finding.summary = "reaches up to " + moment + idle_in_words(pitr, now);
    } else {
        const Lagging lagging = judge_lag(pitr);
        finding.severity = lagging.severity;
        finding.summary = "reaches up to " + moment + ", " + in_words(now - *pitr.latest) +
                          " ago, and " + lagging.because;
        if (pitr.is_asked_again) finding.failures = 0;
    }
    return finding;
}

std::optional<Finding> check_project(const SetPolicy& policy, const SetObservation& observed) {
    const ProviderReport* report = report_of(observed);
    if (!policy.provider || report == nullptr) return std::nullopt;
    Finding finding;
    finding.check = "project";
    add_remarks(finding, report->remarks);
    if (finding.summary.empty()) finding.summary = "it runs, and nothing about it has changed";
    return finding;
}

}  // namespace backupwatch
