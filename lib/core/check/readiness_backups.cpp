#include "core/check/readiness_items.hpp"
#include "core/size.hpp"
#include "core/words.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using Facts = ReadinessFacts;

constexpr Duration reach_wanted = 7 * 24h;
constexpr Duration a_day = 24h;
constexpr const char* newness_unknown = ": whether it is new cannot be told";

std::string age_of(const Backup& backup, Instant now) {
    std::string text = id_and_label(backup) + " (" + in_words(instant_of(backup)) + ", " +
                       in_words(now - instant_of(backup)) + " old)";
    if (!backup.unchanged_since) return text;
    return text + ", byte for byte the one of " + in_words(*backup.unchanged_since);
}

bool is_young(const Facts::Set& set, Instant instant, Instant now) {
    return instant <= now && now - instant <= set.policy.every + set.policy.grace;
}

/// ok: a backup that it lists is young enough. unknown: by its date alone, which a copy of an older
/// one would have too; or it cannot be read.
Severity youth_of_list(const Facts::Set& set, Instant now) {
    if (!set.inventory) return Severity::unknown;
    Severity best = Severity::critical;
    for (const Backup& backup : set.inventory->backups) {
        if (backup.status != BackupStatus::completed) continue;
        if (!is_young(set, instant_of(backup), now)) continue;
        if (is_young(set, surest_instant_of(backup), now)) return Severity::ok;
        best = Severity::unknown;
    }
    return best;
}

/// The set whose newest completed backup is the newest of all, of those whose list is so young;
/// null: none has any.
const Facts::Set* freshest(
    const Facts& facts, Instant now, std::optional<Severity> youth = std::nullopt
) {
    const Facts::Set* best = nullptr;
    const Backup* newest = nullptr;
    for (const Facts::Set& set : facts.sets) {
        if (!set.inventory || (youth && youth_of_list(set, now) != *youth)) continue;
        const Backup* const backup = newest_completed(*set.inventory, now);
        if (backup == nullptr) continue;
        if (newest != nullptr && instant_of(*newest) >= instant_of(*backup)) continue;
        newest = backup;
        best = &set;
    }
    return best;
}

/// Point-in-time recovery is on, and says how far it goes.
const PointInTime* stretch_of(const Facts::Set& set, Instant now) {
    if (!set.inventory || !set.inventory->provider) return nullptr;
    const auto& pitr = set.inventory->provider->pitr;
    const bool is_told = pitr && pitr->earliest && pitr->latest && *pitr->earliest <= now;
    return is_told ? &*pitr : nullptr;
}

/// The replies that show what providers had, and of when.
std::string evidence_kept(const Facts& facts) {
    std::string text;
    for (const Facts::Set& set : facts.sets) {
        if (!set.evidence_of) continue;
        text += "; what the provider of " + set.name + " said at " + in_words(*set.evidence_of) +
                " is kept";
    }
    return text;
}

struct RestorePoint {
    Instant at;
    std::string text;
    /// Of seven nightly ones the oldest is six days and some hours old, until the next is there.
    /// Of a stretch of any moments that is not so.
    Duration slack{0};

    bool reaches(Instant now) const { return now - at >= reach_wanted - slack; }
    bool goes_farther_than(const RestorePoint& other) const {
        return at - slack < other.at - other.slack;
    }
};

std::optional<RestorePoint> oldest_point(const Facts::Set& set, Instant now) {
    std::optional<RestorePoint> oldest;
    if (const PointInTime* const stretch = stretch_of(set, now)) {
        oldest =
            RestorePoint{*stretch->earliest, "any moment since " + in_words(*stretch->earliest)};
    }
    if (!set.inventory) return oldest;
    const Duration slack = std::min(set.policy.every, a_day);
    for (const Backup& backup : set.inventory->backups) {
        if (backup.status != BackupStatus::completed) continue;
        RestorePoint point{instant_of(backup), age_of(backup, now), slack};
        if (!oldest || point.goes_farther_than(*oldest)) oldest = std::move(point);
    }
    return oldest;
}

/// The same, point-in-time recovery included, which lists no backups.
Severity youth_of(const Facts::Set& set, Instant now) {
    const PointInTime* const stretch = stretch_of(set, now);
    const Duration limit = set.policy.every + set.policy.grace;
    if (stretch != nullptr && now - *stretch->latest <= limit) return Severity::ok;
    return youth_of_list(set, now);
}

/// What shows that a set is backed up as often as it promises.
std::string newest_of(const Facts::Set& set, Instant now) {
    if (youth_of_list(set, now) == Severity::ok) {
        return "the newest is " + age_of(*newest_completed(*set.inventory, now), now);
    }
    return "any moment up to " + in_words(*stretch_of(set, now)->latest);
}

/// Why it is not known to be backed up as often as it promises.
std::string why_not_young(const Facts::Set& set, Instant now) {
    if (!set.inventory) return set.name + " cannot be read: " + set.error;
    const std::string promise = set.name + ": every " + to_text(set.policy.every) + ", but ";
    const Backup* const newest = newest_completed(*set.inventory, now);
    if (newest == nullptr) return promise + "there is no completed backup";
    const bool can_tell = youth_of_list(set, now) != Severity::unknown;
    return promise + "the newest is " + age_of(*newest, now) + (can_tell ? "" : newness_unknown);
}

/// Why its oldest restore point alone proves nothing of the days since; empty: the check
/// `retention` has found them all.
std::string gaps_in(const Facts::Set& set) {
    if (!set.retention) return "whether each day has one is not known yet";
    if (set.retention->severity != Severity::ok) return set.retention->summary;
    const Duration looked_at = set.policy.reach_back.value_or(Duration(0));
    if (looked_at >= reach_wanted) return {};
    return "its `reach_back` looks for gaps in the last " + in_words(looked_at) + " alone";
}

}  // namespace

Severity severity_of_unread(const Facts& facts) {
    const bool is_unread = std::ranges::any_of(facts.sets, [](const Facts::Set& set) {
        return !set.inventory.has_value();
    });
    return is_unread ? Severity::unknown : Severity::critical;
}

std::string unread_in_words(const Facts& facts) {
    std::string text;
    for (const Facts::Set& set : facts.sets) {
        if (set.inventory) continue;
        text += (text.empty() ? "" : "; ") + set.name + " cannot be read: " + set.error;
    }
    return text.empty() ? "no completed backup" : text;
}

ReadinessItem readiness_of_backups(const Facts& facts, Instant now) {
    const std::string name = "automatic backups";
    const std::string to_do = "see `backupwatch check " + facts.database + "`";
    const Facts::Set* set = nullptr;
    // What shows it best, whichever set has a newer one beside.
    for (const Severity youth : {Severity::ok, Severity::unknown, Severity::critical}) {
        if (set == nullptr) set = freshest(facts, now, youth);
    }
    for (const Facts::Set& one : facts.sets) {
        const PointInTime* const stretch = stretch_of(one, now);
        // Which has no list of backups.
        if (set != nullptr || stretch == nullptr) continue;
        if (youth_of(one, now) != Severity::ok) continue;
        return ready_item(
            name,
            one.name + ": any moment up to " + in_words(*stretch->latest) + evidence_kept(facts)
        );
    }
    if (set == nullptr) {
        return lacking_item(name, severity_of_unread(facts), unread_in_words(facts), to_do);
    }
    const Backup& newest = *newest_completed(*set->inventory, now);
    const std::string evidence = set->name + ": " + age_of(newest, now);
    const Severity youth = youth_of_list(*set, now);
    if (youth == Severity::ok) return ready_item(name, evidence + evidence_kept(facts));
    const std::string doubt = youth == Severity::unknown ? newness_unknown : "";
    return lacking_item(name, youth, evidence + doubt + evidence_kept(facts), to_do);
}

ReadinessItem readiness_of_interval(const Facts& facts, Instant now) {
    const std::string name = "daily or better";
    const Facts::Set* best = nullptr;
    for (const Facts::Set& set : facts.sets) {
        if (set.policy.every > a_day) continue;
        if (best == nullptr || youth_of(set, now) < youth_of(*best, now)) best = &set;
    }
    if (best == nullptr) {
        return lacking_item(
            name,
            Severity::critical,
            "no set is backed up every day",
            "give one `take` or `every: 1d`"
        );
    }
    const Severity youth = youth_of(*best, now);
    if (youth == Severity::ok) {
        return ready_item(
            name,
            best->name + ": every " + to_text(best->policy.every) + ", " + newest_of(*best, now)
        );
    }
    return lacking_item(
        name, youth, why_not_young(*best, now), "see `backupwatch check " + facts.database + "`"
    );
}

ReadinessItem readiness_of_reach(const Facts& facts, Instant now) {
    const std::string name = "reach back of 7 days";
    const Facts::Set* of = nullptr;
    std::optional<RestorePoint> oldest;
    for (const Facts::Set& set : facts.sets) {
        auto point = oldest_point(set, now);
        if (!point) continue;
        if (point->reaches(now) && gaps_in(set).empty()) {
            return ready_item(name, set.name + ": the oldest is " + point->text);
        }
        if (oldest && !point->goes_farther_than(*oldest)) continue;
        oldest = std::move(point);
        of = &set;
    }
    if (!oldest) {
        return lacking_item(
            name, severity_of_unread(facts), unread_in_words(facts), "take backups first"
        );
    }
    std::string evidence = of->name + ": the oldest is " + oldest->text;
    if (!oldest->reaches(now)) {
        return lacking_item(
            name, Severity::critical, evidence, "wait until it is there; `keep` must not be shorter"
        );
    }
    evidence += "; " + gaps_in(*of);
    return lacking_item(
        name, Severity::critical, evidence, "see `backupwatch check " + facts.database + "`"
    );
}

ReadinessItem readiness_of_size(const Facts& facts, Instant now) {
    const std::string name = "size of the newest backup";
    const Facts::Set* const set = freshest(facts, now);
    const Backup* const newest = set == nullptr ? nullptr : newest_completed(*set->inventory, now);
    if (newest == nullptr || !newest->size_bytes) {
        return lacking_item(name, Severity::warning, "not known", "take a backup first");
    }
    std::string evidence =
        size_in_words(*newest->size_bytes) + ", " + in_words(instant_of(*newest));
    if (!facts.targets.size) return ready_item(name, evidence);
    evidence += "; target " + size_in_words(*facts.targets.size);
    if (*newest->size_bytes <= *facts.targets.size) return ready_item(name, evidence);
    return lacking_item(name, Severity::warning, evidence, "raise `targets.size`, or clear out");
}

}  // namespace backupwatch
