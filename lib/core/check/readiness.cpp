#include "core/check/readiness.hpp"

#include "core/size.hpp"
#include "core/words.hpp"

#include <algorithm>
#include <cstdio>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using Facts = ReadinessFacts;
using Item = ReadinessItem;

constexpr Duration reach_wanted = 7 * 24h;
constexpr Duration a_day = 24h;
/// What counts for the success rate.
constexpr Duration rate_window = 30 * 24h;
/// A channel that took a test then may have been broken since.
constexpr Duration test_holds = 90 * 24h;

Item well(std::string name, std::string evidence) {
    return {std::move(name), Severity::ok, std::move(evidence), {}};
}

Item lacking(std::string name, Severity severity, std::string evidence, std::string to_do) {
    return {std::move(name), severity, std::move(evidence), std::move(to_do)};
}

std::string ratio_in_percent(double ratio) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f%%", ratio * 100);
    return text;
}

std::string age_of(const Backup& backup, Instant now) {
    return id_and_label(backup) + ", " + in_words(now - instant_of(backup)) + " old";
}

/// The set whose newest completed backup is the newest of all; null: none has any.
const Facts::Set* freshest(const Facts& facts, Instant now) {
    const Facts::Set* best = nullptr;
    const Backup* newest = nullptr;
    for (const Facts::Set& set : facts.sets) {
        if (!set.inventory) continue;
        const Backup* const backup = newest_completed(*set.inventory, now);
        if (backup == nullptr) continue;
        if (newest != nullptr && instant_of(*newest) >= instant_of(*backup)) continue;
        newest = backup;
        best = &set;
    }
    return best;
}

/// Where nothing is known since nothing can be read, that is no verdict.
Severity of_unread(const Facts& facts) {
    const bool is_unread = std::ranges::any_of(facts.sets, [](const Facts::Set& set) {
        return !set.inventory.has_value();
    });
    return is_unread ? Severity::unknown : Severity::critical;
}

std::string unread_in_words(const Facts& facts) {
    for (const Facts::Set& set : facts.sets) {
        if (!set.inventory) return set.name + " cannot be read: " + set.error;
    }
    return "no completed backup";
}

Item automatic_backups(const Facts& facts, Instant now) {
    const std::string name = "automatic backups";
    const Facts::Set* const set = freshest(facts, now);
    if (set == nullptr) {
        return lacking(
            name,
            of_unread(facts),
            unread_in_words(facts),
            "see `backupwatch check " + facts.database + "`"
        );
    }
    const Backup& newest = *newest_completed(*set->inventory, now);
    const std::string evidence = set->name + ": " + age_of(newest, now);
    if (now - instant_of(newest) <= set->policy.every + set->policy.grace) {
        return well(name, evidence);
    }
    return lacking(
        name, Severity::critical, evidence, "see `backupwatch check " + facts.database + "`"
    );
}

Item daily(const Facts& facts) {
    const std::string name = "daily or better";
    for (const Facts::Set& set : facts.sets) {
        if (set.policy.every > a_day) continue;
        return well(name, set.name + ": every " + to_text(set.policy.every));
    }
    return lacking(
        name, Severity::critical, "no set is backed up every day", "give one `take` or `every: 1d`"
    );
}

Item reach_back(const Facts& facts, Instant now) {
    const std::string name = "reach back of 7 days";
    const Backup* oldest = nullptr;
    const Facts::Set* of = nullptr;
    for (const Facts::Set& set : facts.sets) {
        if (!set.inventory) continue;
        for (const Backup& backup : set.inventory->backups) {
            if (backup.status != BackupStatus::completed) continue;
            if (oldest != nullptr && instant_of(*oldest) <= instant_of(backup)) continue;
            oldest = &backup;
            of = &set;
        }
    }
    if (oldest == nullptr) {
        return lacking(name, of_unread(facts), unread_in_words(facts), "take backups first");
    }
    const std::string evidence = of->name + ": the oldest is " + age_of(*oldest, now);
    // Of seven nightly ones the oldest is six days and some hours old, until the next is there.
    if (now - instant_of(*oldest) >= reach_wanted - of->policy.every) return well(name, evidence);
    return lacking(
        name, Severity::critical, evidence, "wait until it is there; `keep` must not be shorter"
    );
}

std::string attested_by(const Attestation& one) {
    std::string text =
        "attested by " + one.by + " at " + in_words(one.at) + ", until " + in_words(one.expires_at);
    if (!one.file.empty()) text += ": " + one.file;
    return text;
}

std::string attest_command(const Facts& facts, std::string_view item) {
    return "`backupwatch attest " + facts.database + " " + std::string(item) + " --by WHO`";
}

Item pitr(const Facts& facts, Instant now) {
    const std::string name = "point-in-time recovery";
    for (const Facts::Set& set : facts.sets) {
        if (set.pitr) return {name, set.pitr->severity, set.name + ": " + set.pitr->summary, {}};
    }
    const Attestation* const held = held_attestation(facts.attestations, "pitr", now);
    if (held != nullptr) return well(name, attested_by(*held));
    return lacking(
        name, Severity::warning, "no source tells how it stands", attest_command(facts, "pitr")
    );
}

Item notifications(const Facts& facts) {
    const std::string name = "failure notifications";
    if (facts.notifiers.empty()) {
        return lacking(name, Severity::critical, "nobody is told", "configure `notifiers`");
    }
    std::vector<std::string> names;
    for (const Facts::Notifier& notifier : facts.notifiers) names.push_back(notifier.name);
    return well(name, listed(names, names.size()));
}

Item delivered(const Facts& facts, Instant now) {
    const std::string name = "notifications delivered in a test";
    std::vector<std::string> untested;
    std::string tested;
    for (const Facts::Notifier& notifier : facts.notifiers) {
        if (!notifier.tested_at || now - *notifier.tested_at > test_holds) {
            untested.push_back(notifier.name);
            continue;
        }
        tested +=
            (tested.empty() ? "" : ", ") + notifier.name + " at " + in_words(*notifier.tested_at);
    }
    if (untested.empty() && !tested.empty()) return well(name, tested);
    const std::string evidence =
        untested.empty() ? "nobody is told" : "no test of " + listed(untested, untested.size());
    return lacking(name, Severity::critical, evidence, "`backupwatch notify-test --page`");
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

Item drilled(const Facts& facts, Instant now) {
    const std::string name = "a drill passed on a restored backup";
    const std::string to_do = "`backupwatch drill " + facts.database + "`";
    const Facts::Set* const set = last_proven(facts);
    if (set == nullptr) return lacking(name, Severity::critical, "none passed yet", to_do);
    const DrillOutcome& drill = *set->last_pass;
    const std::string evidence =
        set->name + " " + drill.backup_id + ", drilled at " + in_words(drill.finished_at);
    if (now - drill.finished_at <= set->longest_since_pass) return well(name, evidence);
    return lacking(
        name,
        Severity::critical,
        evidence + ", " + in_words(now - drill.finished_at) + " ago",
        to_do
    );
}

Item restore_time(const Facts& facts) {
    const std::string name = "restored within the target";
    const Facts::Set* const set = last_proven(facts);
    if (set == nullptr) {
        return lacking(
            name, Severity::critical, "never measured", "`backupwatch drill " + facts.database + "`"
        );
    }
    const auto took =
        std::chrono::ceil<Duration>(std::chrono::duration<double>(set->last_pass->seconds));
    const std::string evidence = in_words(took) + ", target " + in_words(facts.targets.restore) +
                                 ", measured at " + in_words(set->last_pass->finished_at);
    if (took <= facts.targets.restore) return well(name, evidence);
    return lacking(name, Severity::warning, evidence, "a faster disk, or more `jobs`");
}

Item runbook_written(const Facts& facts) {
    const std::string name = "runbook written";
    if (facts.runbook_written_at) return well(name, in_words(*facts.runbook_written_at));
    return lacking(
        name,
        Severity::critical,
        "not yet",
        "configure `runbook`, then `backupwatch drill " + facts.database + "` writes it"
    );
}

Item runbook_published(const Facts& facts, Instant now) {
    const std::string name = "runbook published";
    if (!facts.publishes_runbook) {
        return lacking(
            name, Severity::critical, "nobody gets it", "configure `publish` of the runbook"
        );
    }
    if (!facts.publish_error.empty()) {
        return lacking(name, Severity::critical, facts.publish_error, "see what that program says");
    }
    if (facts.runbook_published_at && *facts.runbook_published_at <= now) {
        return well(name, in_words(*facts.runbook_published_at));
    }
    return lacking(
        name, Severity::critical, "not yet", "`backupwatch drill " + facts.database + "`"
    );
}

/// `now`: there is none.
Instant first_completed(const Inventory& inventory, Instant now) {
    Instant first = now;
    for (const Backup& backup : inventory.backups) {
        if (backup.status == BackupStatus::completed) first = std::min(first, instant_of(backup));
    }
    return first;
}

Item success_rate(const Facts& facts, Instant now) {
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
        return lacking(name, of_unread(facts), unread_in_words(facts), "take backups first");
    }
    const double rate = static_cast<double>(completed) / static_cast<double>(completed + failed);
    const std::string evidence = ratio_in_percent(rate) + ": " + counted(completed, "backup") +
                                 " that are kept, and " + counted(failed, "failure") + "; target " +
                                 ratio_in_percent(facts.targets.success_rate);
    if (rate >= facts.targets.success_rate) return well(name, evidence);
    return lacking(name, Severity::warning, evidence, "see `backupwatch list`");
}

Item size(const Facts& facts, Instant now) {
    const std::string name = "size of the newest backup";
    const Facts::Set* const set = freshest(facts, now);
    const Backup* const newest = set == nullptr ? nullptr : newest_completed(*set->inventory, now);
    if (newest == nullptr || !newest->size_bytes) {
        return lacking(name, Severity::warning, "not known", "take a backup first");
    }
    std::string evidence =
        size_in_words(*newest->size_bytes) + ", " + in_words(instant_of(*newest));
    if (!facts.targets.size) return well(name, evidence);
    evidence += "; target " + size_in_words(*facts.targets.size);
    if (*newest->size_bytes <= *facts.targets.size) return well(name, evidence);
    return lacking(name, Severity::warning, evidence, "raise `targets.size`, or clear out");
}

Item free_disk(const Facts& facts) {
    const std::string name = "free disk";
    if (!facts.watches_disk) {
        return lacking(name, Severity::critical, "its disk is not watched", "configure `disk`");
    }
    if (!facts.disk || facts.disk->capacity == 0) {
        return lacking(
            name,
            Severity::unknown,
            "its disk could not be read",
            "see `backupwatch check " + facts.database + "`"
        );
    }
    const double used =
        static_cast<double>(facts.disk->used) / static_cast<double>(facts.disk->capacity);
    const double free = std::max(0.0, 1 - used);
    const std::string evidence = ratio_in_percent(free) + " at " + in_words(facts.disk->at) +
                                 "; target " + ratio_in_percent(facts.targets.disk_free);
    if (free >= facts.targets.disk_free) return well(name, evidence);
    return lacking(name, Severity::warning, evidence, "make room, or a larger disk");
}

Item attested(const Facts& facts, const AttestItem& item, Instant now) {
    const std::string name(item.name);
    const Attestation* const held = held_attestation(facts.attestations, item.name, now);
    if (held != nullptr) return well(name, attested_by(*held));
    const bool has_expired = std::ranges::find(facts.attestations, item.name, &Attestation::item) !=
                             facts.attestations.end();
    return lacking(
        name,
        Severity::critical,
        has_expired ? "attested, and expired since" : "only a person can confirm it",
        "once " + std::string(item.text) + ": " + attest_command(facts, item.name)
    );
}

}  // namespace

std::vector<ReadinessItem> check_readiness(const ReadinessFacts& facts, Instant now) {
    std::vector<ReadinessItem> items{
        automatic_backups(facts, now),
        daily(facts),
        reach_back(facts, now),
        pitr(facts, now),
        notifications(facts),
        delivered(facts, now),
        drilled(facts, now),
        restore_time(facts),
        runbook_written(facts),
        runbook_published(facts, now),
        success_rate(facts, now),
        size(facts, now),
        free_disk(facts),
    };
    for (const AttestItem& item : attest_items()) {
        if (item.is_required) items.push_back(attested(facts, item, now));
    }
    return items;
}

}  // namespace backupwatch
