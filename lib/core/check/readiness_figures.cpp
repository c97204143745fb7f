#include "core/check/readiness_items.hpp"
#include "core/words.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <utility>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using Facts = ReadinessFacts;

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

/// What came of a set's backups, and what did not.
struct Tally {
    std::size_t completed = 0;
    std::size_t failed = 0;  ///< or did not come
    Instant since{};
};

/// What it lists, and what it once did.
std::vector<Backup> all_known(const Facts::Set& set) {
    std::vector<Backup> all = set.inventory->backups;
    all.insert(all.end(), set.failed.begin(), set.failed.end());
    std::set<std::string> listed;
    for (const Backup& backup : all) listed.insert(backup.id);
    for (const Backup& backup : set.past) {
        if (!listed.contains(backup.id)) all.push_back(backup);
    }
    return all;
}

/// Between two that came, as many failed as failed or as were missed, as the check `backup` counts
/// both; whichever is more, since a night that failed is one without a backup, too.
Tally tally_of(const Facts::Set& set, Instant now) {
    // A file that nobody has read yet may be whole: it is no success, and no night that was missed.
    std::map<Instant, bool> came;
    std::vector<Instant> failures;
    for (const Backup& backup : all_known(set)) {
        const Instant instant = instant_of(backup);
        if (instant > now) continue;
        const bool is_completed = backup.status == BackupStatus::completed;
        if (is_completed || backup.is_unread) came[instant] = came[instant] || is_completed;
        if (backup.status == BackupStatus::failed) failures.push_back(instant);
    }
    Tally tally;
    // Before the first that is known nothing was owed.
    const Instant first = came.empty() ? now : came.begin()->first;
    tally.since = std::max(now - success_window, first);
    // Point-in-time recovery may be all that there is, or nothing may be owed.
    const auto& provider = set.inventory->provider;
    const bool owes_none =
        provider && (provider->pitr || provider->is_without || !provider->plan_without.empty());
    Instant last = tally.since;
    const auto close = [&](Instant until) {
        std::vector<Instant> between;
        for (const Instant failure : failures) {
            if (last < failure && failure < until) between.push_back(failure);
        }
        const int missed = owes_none ? 0 : overdue_periods(until - last, set.policy);
        const int failed = failed_periods(std::move(between), set.policy.every);
        tally.failed += static_cast<std::size_t>(std::max(missed, failed));
        last = until;
    };
    for (const auto& [instant, is_completed] : came) {
        if (instant < tally.since) continue;
        close(instant);
        if (is_completed) ++tally.completed;
    }
    close(now);
    return tally;
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
    // What cannot be read may have failed every night.
    if (severity_of_unread(facts) == Severity::unknown) {
        return lacking_item(
            name,
            Severity::unknown,
            unread_in_words(facts),
            "see `backupwatch check " + facts.database + "`"
        );
    }
    Tally all;
    all.since = now;
    for (const Facts::Set& set : facts.sets) {
        const Tally tally = tally_of(set, now);
        all.completed += tally.completed;
        all.failed += tally.failed;
        all.since = std::min(all.since, tally.since);
    }
    if (all.completed + all.failed == 0) {
        return lacking_item(name, Severity::critical, unread_in_words(facts), "take backups first");
    }
    const double rate =
        static_cast<double>(all.completed) / static_cast<double>(all.completed + all.failed);
    const std::string evidence = ratio_in_percent(rate) + ": " + counted(all.completed, "backup") +
                                 " since " + in_words(all.since) + ", " +
                                 std::to_string(all.failed) + " failed or missed; target " +
                                 ratio_in_percent(facts.targets.success_rate);
    if (rate >= facts.targets.success_rate) return ready_item(name, evidence);
    return lacking_item(
        name, Severity::warning, evidence, "see `backupwatch history " + facts.database + "`"
    );
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
