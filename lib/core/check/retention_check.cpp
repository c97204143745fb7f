#include "core/check/set_checks.hpp"
#include "core/words.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

/// Periods without a restore point, between two neighbours.
struct Hole {
    Instant after;
    Instant before;
    int periods = 0;
};

struct Coverage {
    Instant since;  ///< from here on restore points are owed
    std::size_t points = 0;
    Instant oldest;
    std::vector<Hole> holes;
    int told = 0;  ///< further periods without one, in which a backup failed
};

bool is_among(const std::vector<Backup>& backups, const std::string& id) {
    return std::any_of(backups.begin(), backups.end(), [&](const Backup& backup) {
        return backup.id == id;
    });
}

/// Those of `left_out` apart.
std::vector<Instant> instants_with(
    const Inventory& inventory,
    BackupStatus status,
    const std::vector<Backup>& left_out,
    Instant now
) {
    std::vector<Instant> instants;
    for (const Backup& backup : inventory.backups) {
        const Instant instant = instant_of(backup);
        if (backup.status != status || instant > now || is_among(left_out, backup.id)) continue;
        instants.push_back(instant);
    }
    std::sort(instants.begin(), instants.end());
    return instants;
}

std::vector<Instant> between(const std::vector<Instant>& instants, Instant after, Instant before) {
    std::vector<Instant> found;
    for (const Instant instant : instants) {
        if (after < instant && instant < before) found.push_back(instant);
    }
    return found;
}

int missing_in(const Coverage& coverage) {
    int missing = 0;
    for (const Hole& hole : coverage.holes) missing += hole.periods;
    return missing;
}

/// Holes are counted as `backup` counts lateness, so that the same jitter is forgiven. What is
/// missing since the newest restore point is told by `backup`, not here. A young set owes nothing
/// from before it was watched or had its first backup. The night of one that was damaged later was
/// never told as failed.
Coverage coverage(const BackupPolicy& policy, const SetObservation& observed, Instant now) {
    const Inventory& inventory = *observed.inventory;
    const auto points = instants_with(inventory, BackupStatus::completed, {}, now);
    const auto failures = instants_with(inventory, BackupStatus::failed, observed.damaged, now);
    Coverage coverage;
    coverage.since =
        std::max(now - *policy.reach_back, std::min(observed.watched_since, points.front()));
    Instant last = coverage.since;
    for (const Instant point : points) {
        if (point < coverage.since) continue;
        if (++coverage.points == 1) coverage.oldest = point;
        const int missing = overdue_periods(point - last, policy);
        const int failed = failed_periods(between(failures, last, point), policy.every);
        coverage.told += std::min(failed, missing);
        if (missing > failed) coverage.holes.push_back({last, point, missing - failed});
        last = point;
    }
    return coverage;
}

std::string holes_in_words(const std::vector<Hole>& holes) {
    std::vector<std::string> texts;
    for (const Hole& hole : holes) {
        texts.push_back(in_words(hole.after) + " to " + in_words(hole.before));
    }
    return listed(texts);
}

void judge_coverage(
    Finding& finding, const BackupPolicy& policy, const Coverage& covered, Instant now
) {
    const int missing = missing_in(covered);
    finding.value = counted(covered.points, "restore point");
    finding.threshold = in_words(*policy.reach_back);
    if (missing > 0) {
        const auto count = static_cast<std::size_t>(missing);
        finding.severity = Severity::warning;
        finding.summary = "within " + in_words(now - covered.since) + ", " +
                          counted(count, "period") + " of " + in_words(policy.every) +
                          " without a restore point: none from " + holes_in_words(covered.holes);
    } else if (covered.points > 0) {
        finding.summary = counted(covered.points, "restore point") + " within " +
                          in_words(*policy.reach_back) + ", the oldest " + in_words(covered.oldest);
    } else {
        finding.summary = "no restore point within " + in_words(*policy.reach_back);
    }
    if (covered.told > 0) {
        finding.summary += "; further periods without one, told when their backup failed: " +
                           std::to_string(covered.told);
    }
}

/// Whether what is to be read yet may turn a warning into none.
bool may_be_covered(const BackupPolicy& policy, const SetObservation& observed, Instant now) {
    const bool is_any = std::ranges::any_of(observed.inventory->backups, &Backup::is_unread);
    if (!is_any) return false;
    SetObservation at_best = observed;
    at_best.inventory = as_if_read(std::move(*at_best.inventory));
    return missing_in(coverage(policy, at_best, now)) < missing_in(coverage(policy, observed, now));
}

std::string gone_early(const std::vector<Backup>& vanished) {
    std::vector<std::string> names;
    for (const Backup& backup : vanished) {
        names.push_back(backup.id + " (" + moment_and_size(backup) + ")");
    }
    return counted(names.size(), "backup") + " gone before time: " + listed(names);
}

std::string damaged_later(const std::vector<Backup>& damaged) {
    std::vector<std::string> names;
    for (const Backup& backup : damaged) {
        names.push_back(backup.id + " (" + moment_and_size(backup) + ": " + backup.error + ")");
    }
    return counted(names.size(), "backup") + " damaged since completed: " + listed(names);
}

/// The restore points that there were, and are no more; empty: none is lost. What was damaged since
/// the newest whole one is told by `backup`, as what failed; not so what is dated in the future.
std::string lost_in_words(const SetObservation& observed, const Backup* newest, Instant now) {
    std::string text;
    if (!observed.vanished.empty()) text = gone_early(observed.vanished);
    auto damaged = observed.damaged;
    if (newest) {
        std::erase_if(damaged, [&](const Backup& backup) {
            const Instant instant = instant_of(backup);
            return instant > instant_of(*newest) && instant <= now;
        });
    }
    if (!damaged.empty()) text += (text.empty() ? "" : "; ") + damaged_later(damaged);
    return text;
}

}  // namespace

std::optional<Finding> check_retention(
    const SetPolicy& policy, const SetObservation& observed, Instant now
) {
    if (!observed.inventory) return std::nullopt;
    const auto& provider = observed.inventory->provider;
    if (provider && provider->pitr) {
        return check_retention_by_provider(policy, *provider->pitr, now);
    }
    const Backup* newest = newest_completed(*observed.inventory, now);
    const std::string lost = lost_in_words(observed, newest, now);
    if (!newest && lost.empty()) return std::nullopt;
    // Some of it may be whole, which nobody knows yet: `backup` says so.
    const Inventory at_best = as_if_read(*observed.inventory);
    if (!newest && newest_completed(at_best, now) != nullptr) return std::nullopt;
    const bool reaches_back = policy.backup.reach_back.has_value();
    const bool is_open = newest && reaches_back && may_be_covered(policy.backup, observed, now);
    if (is_open && lost.empty()) return std::nullopt;

    Finding finding;
    finding.check = "retention";
    if (!newest) {
        finding.severity = Severity::critical;
        finding.summary = "nothing can be restored any more: " + lost;
    } else {
        if (reaches_back && !is_open) {
            judge_coverage(finding, policy.backup, coverage(policy.backup, observed, now), now);
        } else {
            finding.summary = "no backup is gone before time";
        }
        if (!lost.empty()) {
            finding.summary = reaches_back && !is_open ? lost + "; " + finding.summary : lost;
            finding.severity = Severity::warning;
        }
    }
    finding.failures = finding.severity == Severity::ok ? 0 : 1;
    return finding;
}

}  // namespace backupwatch
