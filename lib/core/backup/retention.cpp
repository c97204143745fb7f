#include "core/backup/retention.hpp"

#include <algorithm>
#include <map>

namespace backupwatch {
namespace {

bool stays_whatever_its_age(const Backup& backup, const Protected& stays, Instant now) {
    if (stays.proven.contains(backup.id) || stays.held.contains(backup.id)) return true;
    return backup.keep_until && now < *backup.keep_until;
}

void sort_by_age(std::vector<const Backup*>& backups) {
    std::stable_sort(backups.begin(), backups.end(), [](const Backup* a, const Backup* b) {
        return instant_of(*a) < instant_of(*b);
    });
}

/// What the drills of each backup say.
struct Verdicts {
    std::map<std::string, DrillOutcome::Result> last;
    std::set<std::string> ever_passed;
};

Verdicts verdicts_of(const std::vector<DrillOutcome>& newest_first) {
    Verdicts known;
    for (const DrillOutcome& verdict : newest_first) {
        if (verdict.result == DrillOutcome::Result::unknown) continue;
        known.last.emplace(verdict.backup_id, verdict.result);
        if (verdict.result == DrillOutcome::Result::passed) {
            known.ever_passed.insert(verdict.backup_id);
        }
    }
    return known;
}

bool is_proven_now(const Backup& backup, const Verdicts& known, Instant now) {
    const auto last = known.last.find(backup.id);
    return last != known.last.end() && last->second == DrillOutcome::Result::passed &&
           backup.status == BackupStatus::completed && instant_of(backup) <= now;
}

}  // namespace

std::set<std::string> proven(
    const Inventory& inventory, const std::vector<DrillOutcome>& verdicts, Instant now
) {
    const Verdicts known = verdicts_of(verdicts);
    std::vector<const Backup*> listed;
    for (const Backup& backup : inventory.backups) {
        if (known.ever_passed.contains(backup.id)) listed.push_back(&backup);
    }
    sort_by_age(listed);
    std::set<std::string> ids;
    for (auto backup = listed.rbegin(); backup != listed.rend(); ++backup) {
        ids.insert((*backup)->id);
        // One from the future takes nobody's place: it is no newer than the others.
        if (is_proven_now(**backup, known, now)) break;
    }
    return ids;
}

bool is_any_proven_now(
    const Inventory& inventory, const std::vector<DrillOutcome>& verdicts, Instant now
) {
    const Verdicts known = verdicts_of(verdicts);
    return std::ranges::any_of(inventory.backups, [&](const Backup& backup) {
        return is_proven_now(backup, known, now);
    });
}

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
