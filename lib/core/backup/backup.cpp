#include "core/backup/backup.hpp"

#include <algorithm>

namespace backupwatch {

std::string_view to_string(BackupStatus status) {
    switch (status) {
        case BackupStatus::completed:
            return "completed";
        case BackupStatus::failed:
            return "failed";
        case BackupStatus::running:
            return "running";
        case BackupStatus::unknown:
            break;
    }
    return "unknown";
}

Instant instant_of(const Backup& backup) {
    return backup.finished_at.value_or(backup.started_at);
}

Instant surest_instant_of(const Backup& backup) {
    return backup.unchanged_since.value_or(instant_of(backup));
}

const Backup* newest_completed(const Inventory& inventory, Instant now) {
    const Backup* newest = nullptr;
    for (const Backup& backup : inventory.backups) {
        if (backup.status != BackupStatus::completed || instant_of(backup) > now) continue;
        if (!newest || instant_of(*newest) <= instant_of(backup)) newest = &backup;
    }
    return newest;
}

Inventory as_if_read(Inventory inventory) {
    for (Backup& backup : inventory.backups) {
        if (backup.is_unread) backup.status = BackupStatus::completed;
    }
    return inventory;
}

Inventory as_if_copied(Inventory inventory) {
    for (Backup& backup : inventory.backups) {
        if (backup.unchanged_since) backup.finished_at = surest_instant_of(backup);
    }
    return inventory;
}

Instant oldest_instant(const Inventory& inventory, Instant otherwise) {
    for (const Backup& backup : inventory.backups) {
        otherwise = std::min(otherwise, instant_of(backup));
    }
    return otherwise;
}

std::vector<Backup> damaged_since(const std::vector<Backup>& seen, const Inventory& inventory) {
    std::vector<Backup> damaged;
    for (const Backup& backup : seen) {
        for (const Backup& entry : inventory.backups) {
            if (entry.id != backup.id || entry.status != BackupStatus::failed) continue;
            damaged.push_back(backup);
            damaged.back().error = entry.error;
        }
    }
    return damaged;
}

int failed_periods(std::vector<Instant> failures, Duration every) {
    std::sort(failures.begin(), failures.end());
    int periods = 0;
    Duration::rep last_period = -1;
    for (const Instant failure : failures) {
        // Rounded, so that neither a late try nor an early one falls into the neighbouring period.
        const auto period = (failure - failures.front() + every / 2) / every;
        if (period != last_period) ++periods;
        last_period = period;
    }
    return periods;
}

int overdue_periods(Duration age, const BackupPolicy& policy) {
    if (age < policy.grace) return 0;
    return static_cast<int>((age - policy.grace) / policy.every);
}

int failed_since_newest(const Inventory& inventory, Duration every, Instant now) {
    const Backup* newest = newest_completed(inventory, now);
    std::vector<Instant> failures;
    for (const Backup& backup : inventory.backups) {
        const Instant instant = instant_of(backup);
        if (backup.status != BackupStatus::failed || instant > now) continue;
        if (!newest || instant > instant_of(*newest)) failures.push_back(instant);
    }
    return failed_periods(std::move(failures), every);
}

int consecutive_failures(
    const Inventory& inventory, const BackupPolicy& policy, Instant watched_since, Instant now
) {
    const Backup* newest = newest_completed(inventory, now);
    const Instant last = newest ? instant_of(*newest) : watched_since;
    return std::max(
        failed_since_newest(inventory, policy.every, now), overdue_periods(now - last, policy)
    );
}

}  // namespace backupwatch
