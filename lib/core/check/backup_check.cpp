#include "core/backup/copies.hpp"
#include "core/check/set_checks.hpp"
#include "core/words.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

/// The newest entry that failed after the newest completed one, or null.
const Backup* last_failure(const Inventory& inventory, const Backup* newest, Instant now) {
    const Backup* last = nullptr;
    for (const Backup& backup : inventory.backups) {
        const Instant instant = instant_of(backup);
        if (backup.status != BackupStatus::failed || instant > now) continue;
        if (newest && instant <= instant_of(*newest)) continue;
        if (!last || instant >= instant_of(*last)) last = &backup;
    }
    return last;
}

std::vector<std::string> completed_in_the_future(const Inventory& inventory, Instant now) {
    std::vector<std::string> names;
    for (const Backup& backup : inventory.backups) {
        if (backup.status != BackupStatus::completed || instant_of(backup) <= now) continue;
        names.push_back(backup.id + " (" + in_words(instant_of(backup)) + ")");
    }
    return names;
}

std::vector<std::string> of_unknown_status(const Inventory& inventory) {
    std::vector<std::string> names;
    for (const Backup& backup : inventory.backups) {
        if (backup.status != BackupStatus::unknown) continue;
        names.push_back(backup.error.empty() ? backup.id : backup.id + " (" + backup.error + ")");
    }
    return names;
}

std::vector<std::string> to_be_read(const Inventory& inventory) {
    std::vector<std::string> names;
    for (const Backup& backup : inventory.backups) {
        if (!backup.is_unread) continue;
        names.push_back(backup.error.empty() ? backup.id : backup.id + " (" + backup.error + ")");
    }
    return names;
}

/// For how many periods nobody can vouch for a backup: since the first that is still to be read
/// after `newest` came, longer than a reader may take. `newest` is the newest that is known to be
/// whole, or null.
int unread_periods(
    const Inventory& inventory, const Backup* newest, const BackupPolicy& policy, Instant now
) {
    std::optional<Instant> since;
    for (const Backup& backup : inventory.backups) {
        const Instant came = instant_of(backup);
        if (!backup.is_unread || (newest != nullptr && came <= instant_of(*newest))) continue;
        // Where none was ever read, all of them may have to be, from the newest on.
        since = newest == nullptr ? std::max(since.value_or(came), came)
                                  : std::min(since.value_or(came), came);
    }
    if (!since || now - *since <= policy.grace) return 0;
    return 1 + static_cast<int>((now - *since - policy.grace) / policy.every);
}

/// What is in the list and counts for nothing: named, so that nobody wonders.
std::string left_out(const Inventory& inventory, Instant now) {
    std::string text;
    if (const auto names = completed_in_the_future(inventory, now); !names.empty()) {
        text += "; dated in the future, so not counted: " + listed(names);
    }
    if (const auto names = of_unknown_status(inventory); !names.empty()) {
        text += "; of unknown status, so not counted: " + listed(names);
    }
    if (const auto names = to_be_read(inventory); !names.empty()) {
        text += "; still to be read to the end, so not counted yet: " + listed(names);
    }
    return text;
}

Finding cannot_tell(const SetPolicy& policy, const SetObservation& observed, Instant now) {
    Finding finding;
    finding.severity = Severity::unknown;
    finding.summary = "cannot tell whether there is a backup: the source cannot be read: " +
                      observed.source.error;
    finding.failures = unreadable_periods(observed.source, policy.backup.every, now);
    finding.cause = {observed.source.cause, observed.source.error};
    return finding;
}

std::string failure_in_words(
    const Backup* newest,
    const Backup* failure,
    const SetPolicy& policy,
    const SetObservation& observed,
    Duration age,
    int overdue,
    bool is_held
) {
    const auto& provider = observed.inventory->provider;
    const bool is_dated = provider && provider->exists_since;
    const std::string rule = "(one is due every " + in_words(policy.backup.every) + ")";
    std::string text;
    if (newest && !is_held && overdue > 0) {
        text = "no completed backup for " + in_words(age) + " " + rule + ": the last is " +
               moment_and_size(*newest);
        if (failure) {
            text += "; the try of " + in_words(instant_of(*failure)) + " failed: " + failure->error;
        }
    } else if (failure) {
        text = "the backup of " + in_words(instant_of(*failure)) + " failed: " + failure->error;
        text += newest ? "; the last completed one is " + moment_and_size(*newest)
                       : "; none was ever completed";
    } else {
        text = std::string("no completed backup since ") +
               (is_dated ? "the project was made" : "this set is watched") + ", " + in_words(age) +
               " " + rule;
    }
    return text;
}

std::string copied_in_words(const Backup& newest) {
    return "cannot tell whether the last backup is new: " + moment_and_size(newest) +
           " is byte for byte the one of " + in_words(newest.unchanged_since.value()) +
           ", a copy of it, or a dump of a database in which nothing has changed since (" +
           std::string(told_apart_by) + ")";
}

}  // namespace

Finding check_backup(const SetPolicy& policy, const SetObservation& observed, Instant now) {
    if (!observed.inventory) {
        Finding finding = cannot_tell(policy, observed, now);
        finding.check = "backup";
        return finding;
    }
    if (auto finding = check_backup_by_provider(policy, observed, now)) return *std::move(finding);
    const Inventory& inventory = *observed.inventory;
    const Backup* newest = newest_completed(inventory, now);
    const Instant owed = owed_since(observed, now);
    const Instant last = newest ? instant_of(*newest) : owed;
    const Duration age = now - last;
    const Duration limit = policy.backup.every + policy.backup.grace;
    const bool is_held = is_age_in_doubt(observed, last);

    Finding finding;
    finding.check = "backup";
    finding.value = newest && !is_held ? in_words(age) : "";
    finding.threshold = in_words(limit) + (is_held ? held_in_words : "");
    const bool has_due_time = inventory.provider && inventory.provider->due;
    const auto failures_in = [&](const Inventory& listed) {
        const int failed = failed_since_newest(listed, policy.backup.every, now);
        if (is_held) return failed;
        if (!has_due_time) return consecutive_failures(listed, policy.backup, owed, now);
        const Backup* whole = newest_completed(listed, now);
        const Instant last_whole = whole ? instant_of(*whole) : owed;
        return std::max(failed, backups_overdue(policy, observed, last_whole, now));
    };
    finding.failures = failures_in(inventory);
    // Nobody is woken for a backup that may be there in time and whole, unless nobody could vouch
    // for one for as long as would wake them if none came.
    if (finding.failures > 0 && failures_in(as_if_read(inventory)) == 0) {
        finding.failures = unread_periods(inventory, newest, policy.backup, now);
        finding.severity = Severity::unknown;
        finding.summary = "cannot tell yet whether the newest backup is whole: " +
                          (newest ? "the last that is known to be is " + moment_and_size(*newest)
                                  : std::string("none is known to be"));
    } else if (finding.failures == 0 && newest && newest->unchanged_since && failures_in(as_if_copied(inventory)) > 0) {
        // Told once, and nobody is woken: of most databases in which nothing changes it is true.
        finding.severity = Severity::unknown;
        finding.failures = 1;
        finding.summary = copied_in_words(*newest);
    } else if (finding.failures > 0) {
        const Backup* failure = last_failure(inventory, newest, now);
        finding.severity = Severity::critical;
        finding.summary = failure_in_words(
            newest,
            failure,
            policy,
            observed,
            age,
            backups_overdue(policy, observed, last, now),
            is_held
        );
        if (failure) finding.cause = {failure->cause, failure->error};
    } else if (is_held) {
        finding.severity = Severity::unknown;
        finding.summary = "cannot tell whether a backup is late, as the clock is in doubt: " +
                          (newest ? "the last is " + moment_and_size(*newest)
                                  : std::string("no completed one is dated before now"));
    } else if (newest) {
        finding.summary =
            "the last backup was completed " + in_words(age) + " ago: " + moment_and_size(*newest);
    } else if (!completed_in_the_future(inventory, now).empty()) {
        // Whoever reads "waiting" here would take such a backup for a proof.
        finding.severity = Severity::critical;
        finding.failures = 1;
        finding.summary = "no completed backup that proves anything";
    } else {
        finding.summary = "waiting for the first backup: one is due every " +
                          in_words(policy.backup.every) + ", at the latest at " +
                          in_words(owed + limit);
    }
    finding.summary += left_out(inventory, now);
    return finding;
}

}  // namespace backupwatch
