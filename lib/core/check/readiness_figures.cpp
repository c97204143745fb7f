#include "core/check/readiness_items.hpp"
#include "core/words.hpp"

#include <algorithm>
#include <cstdio>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using Facts = ReadinessFacts;

/// What counts for the success rate.
constexpr Duration rate_window = 30 * 24h;

std::string ratio_in_percent(double ratio) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f%%", ratio * 100);
    return text;
}

/// The set that passed a drill last; null: none has.
const Facts::Set* last_proven(const Facts& facts) {
    const Facts::Set* best = nullptr;
    for (const Facts::Set& set : facts.sets) {
        if (!set.last_pass) continue;
        if (best && best->last_pass->finished_at >= set.last_pass->finished_at) continue;
        best = &set;
    }
    return best;
}

/// `now`: there is none.
Instant first_completed(const Inventory& inventory, Instant now) {
    Instant first = now;
    for (const Backup& backup : inventory.backups) {
        if (backup.status == BackupStatus::completed) first = std::min(first, instant_of(backup));
    }
    return first;
}

}  // namespace

ReadinessItem readiness_of_drill(const Facts& facts, Instant now) {
    const std::string name = "a drill passed on a restored backup";
    const std::string to_do = "`backupwatch drill " + facts.database + "`";
    for (const Facts::Set& set : facts.sets) {
        if (!set.failed_since) continue;
        const DrillOutcome& failed = *set.failed_since;
        const std::string what = set.name + " " + failed.backup_id + " failed its drill at " +
                                 in_words(failed.finished_at);
        return lacking_item(name, Severity::critical, what + ": " + failed.error, to_do);
    }
    const Facts::Set* const set = last_proven(facts);
    if (set == nullptr) return lacking_item(name, Severity::critical, "none passed yet", to_do);
    const DrillOutcome& drill = *set->last_pass;
    const std::string evidence =
        set->name + " " + drill.backup_id + ", drilled at " + in_words(drill.finished_at);
    if (now - drill.finished_at <= set->longest_since_pass) return ready_item(name, evidence);
    return lacking_item(
        name,
        Severity::critical,
        evidence + ", " + in_words(now - drill.finished_at) + " ago",
        to_do
    );
}

ReadinessItem readiness_of_restore_time(const Facts& facts) {
    const std::string name = "restored within the target";
    const Facts::Set* const set = last_proven(facts);
    if (set == nullptr) {
        return lacking_item(
            name, Severity::critical, "never measured", "`backupwatch drill " + facts.database + "`"
        );
    }
    const auto took =
        std::chrono::ceil<Duration>(std::chrono::duration<double>(set->last_pass->seconds));
    const std::string evidence = in_words(took) + ", target " + in_words(facts.targets.restore) +
                                 ", measured at " + in_words(set->last_pass->finished_at);
    if (took <= facts.targets.restore) return ready_item(name, evidence);
    return lacking_item(name, Severity::warning, evidence, "a faster disk, or more `jobs`");
}

ReadinessItem readiness_of_success(const Facts& facts, Instant now) {
    const std::string name = "success rate";
    std::size_t completed = 0;
    std::size_t failed = 0;
    for (const Facts::Set& set : facts.sets) {
        if (!set.inventory) continue;
        // What succeeded goes by and by; a failure from before all that is left is no measure.
        const Instant since = std::max(now - rate_window, first_completed(*set.inventory, now));
        const auto is_recent = [&](const Backup& backup) {
            return instant_of(backup) >= since && instant_of(backup) <= now;
        };
        for (const Backup& backup : set.inventory->backups) {
            if (backup.status == BackupStatus::completed && is_recent(backup)) ++completed;
        }
        failed += static_cast<std::size_t>(std::ranges::count_if(set.failed, is_recent));
    }
    if (completed + failed == 0) {
        return lacking_item(
            name, severity_of_unread(facts), unread_in_words(facts), "take backups first"
        );
    }
    const double rate = static_cast<double>(completed) / static_cast<double>(completed + failed);
    const std::string evidence = ratio_in_percent(rate) + ": " + counted(completed, "backup") +
                                 " that are kept, and " + counted(failed, "failure") + "; target " +
                                 ratio_in_percent(facts.targets.success_rate);
    if (rate >= facts.targets.success_rate) return ready_item(name, evidence);
    return lacking_item(name, Severity::warning, evidence, "see `backupwatch list`");
}

ReadinessItem readiness_of_disk(const Facts& facts) {
    const std::string name = "free disk";
    if (!facts.watches_disk) {
        return lacking_item(
            name, Severity::critical, "its disk is not watched", "configure `disk`"
        );
    }
    if (!facts.disk || facts.disk->capacity == 0) {
        return lacking_item(
            name,
            Severity::unknown,
            facts.disk_error.empty() ? "its disk could not be read" : facts.disk_error,
            "see `backupwatch check " + facts.database + "`"
        );
    }
    const double used =
        static_cast<double>(facts.disk->used) / static_cast<double>(facts.disk->capacity);
    const double free = std::max(0.0, 1 - used);
    const std::string evidence = ratio_in_percent(free) + " at " + in_words(facts.disk->at) +
                                 "; target " + ratio_in_percent(facts.targets.disk_free);
    if (free >= facts.targets.disk_free) return ready_item(name, evidence);
    return lacking_item(name, Severity::warning, evidence, "make room, or a larger disk");
}

}  // namespace backupwatch
