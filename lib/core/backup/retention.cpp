#include "core/backup/retention.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

bool stays_whatever_its_age(const Backup& backup, const Protected& stays, Instant now) {
    if (backup.id == stays.last_drilled || stays.held.count(backup.id) > 0) return true;
    return backup.keep_until && now < *backup.keep_until;
}

void sort_by_age(std::vector<const Backup*>& backups) {
    std::stable_sort(backups.begin(), backups.end(), [](const Backup* a, const Backup* b) {
        return instant_of(*a) < instant_of(*b);
    });
}

}  // namespace

std::vector<std::string> expired(
    const Inventory& inventory,
    const std::vector<Backup>& damaged,
    const RetentionPolicy& policy,
    const Protected& stays,
    Instant now
) {
    // One from the future of `now` neither goes nor takes the place of a proven one.
    std::vector<const Backup*> candidates;
    for (const Backup& backup : inventory.backups) {
        if (backup.status != BackupStatus::completed || instant_of(backup) > now) continue;
        candidates.push_back(&backup);
    }
    sort_by_age(candidates);

    // Whatever is configured, the only backup never goes.
    const auto at_least = static_cast<std::size_t>(std::max(policy.keep_at_least, 1));
    if (candidates.size() < at_least) return {};
    candidates.resize(candidates.size() - at_least + 1);
    const Instant oldest_that_stays = instant_of(*candidates.back());
    candidates.pop_back();
    for (const Backup& backup : damaged) {
        if (instant_of(backup) < oldest_that_stays) candidates.push_back(&backup);
    }
    sort_by_age(candidates);
    std::vector<std::string> ids;
    for (const Backup* backup : candidates) {
        const bool is_old = now - instant_of(*backup) > policy.keep;
        if (is_old && !stays_whatever_its_age(*backup, stays, now)) ids.push_back(backup->id);
    }
    return ids;
}

}  // namespace backupwatch
