#include "watch/look_and_commit.hpp"
#include "watch/reading.hpp"
#include "watch/work.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace backupwatch {
namespace {

/// Remembers how it went.
void note_health(WatchedSet& set, const Reading& reading) {
    if (reading.inventory) {
        set.health = {};
    } else {
        count_failed_look(set.health, reading.error, set.settings.poll, reading.at);
        set.health.cause = reading.cause;
    }
}

/// Still owed by a set that holds it no more, or not whole.
bool is_owed(const Backup& backup, Instant now, Duration reach_back) {
    return now - instant_of(backup) < reach_back;
}

/// Whether it is one of these. Who keeps them for us may number them anew, or not at all any more:
/// then it is known by when it was taken.
bool is_among(const std::vector<Backup>& backups, const Backup& backup, bool is_provided) {
    return std::ranges::any_of(backups, [&](const Backup& entry) {
        const bool is_of_then = is_provided && instant_of(entry) == instant_of(backup);
        return entry.id == backup.id || is_of_then;
    });
}

/// What a set held before and holds no more, although nobody let it go and it is still owed.
std::vector<Backup> vanished(
    const std::vector<Backup>& seen, const Inventory& inventory, Duration reach_back
) {
    const bool is_provided = inventory.provider.has_value();
    std::vector<Backup> gone;
    for (const Backup& backup : seen) {
        const bool is_lost = !is_among(inventory.backups, backup, is_provided) &&
                             is_owed(backup, inventory.listed_at, reach_back);
        if (is_lost && !is_among(gone, backup, is_provided)) gone.push_back(backup);
    }
    return gone;
}

/// The other set of the same database whose backups can be fetched; empty: there is none. Whether
/// it has any is for its own checks to tell.
std::string beside(const World& world, const WatchedSet& set) {
    for (const WatchedDatabase& database : world.databases) {
        if (database.name != set.database) continue;
        for (const auto& other : database.sets) {
            const bool is_other = other->settings.name != set.settings.name;
            if (is_other && other->source->can_restore()) return other->settings.name;
        }
    }
    return {};
}

/// What it held whole, and what lies there damaged although it is still owed.
std::vector<Backup> damaged(
    const std::vector<Backup>& seen, const Inventory& inventory, Duration reach_back
) {
    auto lost = damaged_since(seen, inventory);
    std::erase_if(lost, [&](const Backup& backup) {
        return !is_owed(backup, inventory.listed_at, reach_back);
    });
    return lost;
}

/// The entries that failed here and left nothing in the folder, in their places.
void add_failed(Inventory& inventory, const std::vector<Backup>& failed) {
    inventory.backups.insert(inventory.backups.end(), failed.begin(), failed.end());
    std::stable_sort(
        inventory.backups.begin(),
        inventory.backups.end(),
        [](const Backup& a, const Backup& b) { return a.started_at < b.started_at; }
    );
}

/// Looks at the set and adds to `outcome` what was seen: findings, the backups listed, the time.
/// What is judged is known to have come back from here on: committed without a pause.
Task<Outcome> observe(World& world, WatchedSet& set, Outcome outcome) {
    outcome.database = set.database;
    outcome.set = set.settings.name;

    Reading reading = co_await read_set(world, set);
    SetMemory& memory = *set.memory;
    memory.newest_judged = std::max(memory.newest_judged, reading.number);
    note_health(set, reading);
    if (outcome.drill) remember_drill(set, *outcome.drill);
    const Instant now = reading.at;
    outcome.at = now;
    outcome.is_blind = !reading.inventory;

    SetObservation observed;
    observed.inventory = std::move(reading.inventory);
    observed.source = set.health;
    observed.watched_since = *set.watched_since;
    observed.clock_doubted_before = world.clock_doubted_before();
    observed.beside = beside(world, set);
    observed.history_lost = world.is_history_lost() || !memory.is_recalled;
    if (observed.inventory) {
        auto& seen = memory.seen;
        const Duration owed = owed_for(*observed.inventory, set.settings);
        observed.vanished = vanished(seen, *observed.inventory, owed);
        observed.damaged = damaged(seen, *observed.inventory, owed);
        for (const Backup& backup : observed.inventory->backups) {
            if (backup.status == BackupStatus::completed) outcome.seen.push_back(backup);
        }
        for (const Backup& backup : outcome.seen) note_entry(seen, backup);
        add_failed(*observed.inventory, memory.failed_takes);
        set.inventory = observed.inventory;
    }
    observed.shape = memory.shape;
    observed.shape_error = memory.shape_error;
    observed.hook_runs = memory.hook_runs;
    observed.last_drill = set.judged_drill;
    observed.drills_not_passed = set.drills_not_passed;
    if (set.last_passed) observed.last_passed_drill = set.last_passed->outcome.finished_at;
    if (const DrillRecord* pass = standing_pass(set, now)) {
        observed.last_drill = pass->outcome;
        observed.last_passed_drill = pass->outcome.finished_at;
        observed.drills_not_passed = 0;
    }

    outcome.findings = check_set(policy_of(set.settings), observed, now);
    for (Finding& finding : outcome.findings) {
        finding.database = set.database;
        finding.set = set.settings.name;
    }
    set.last_look = now;
    memory.last_seen = moment_of(world.clock);
    co_return outcome;
}

/// While the state refuses, each slot may add one.
constexpr std::size_t most_unrecorded = 100;

template <class Entry>
void keep_newest(std::vector<Entry>& entries) {
    if (entries.size() > most_unrecorded) entries.erase(entries.begin());
}

void note_unrecorded(SetMemory::Unrecorded& unrecorded, const Outcome& outcome) {
    if (outcome.failed_take) note_entry(unrecorded.failed_takes, *outcome.failed_take);
    keep_newest(unrecorded.failed_takes);
    for (const std::string& id : outcome.expired) {
        unrecorded.expired.push_back(id);
        keep_newest(unrecorded.expired);
    }
}

void note_recorded(
    SetMemory& memory, const std::string& failed_take, const std::vector<std::string>& expired
) {
    if (failed_take.empty() && expired.empty()) return;
    std::erase_if(memory.unrecorded.failed_takes, [&](const Backup& entry) {
        return entry.id == failed_take;
    });
    std::erase_if(memory.unrecorded.expired, [&](const std::string& id) {
        return std::ranges::find(expired, id) != expired.end();
    });
    // Who reads now may have been told by the state what it held before.
    memory.newest_judged = ++memory.last_reading;
}

}  // namespace

Task<std::vector<Finding>> look_and_commit(World& world, WatchedSet& set, Outcome outcome) {
    note_unrecorded(set.memory->unrecorded, outcome);
    const std::string failed_take = outcome.failed_take ? outcome.failed_take->id : "";
    const std::vector<std::string> expired = outcome.expired;
    auto observed = co_await observe(world, set, std::move(outcome));
    auto findings = co_await world.commit(std::move(observed));
    // Refused, it threw: such an outcome would be lost.
    note_recorded(*set.memory, failed_take, expired);
    co_return findings;
}

Task<std::vector<Finding>> look(World& world, WatchedSet& set, SlotOf slot) {
    Outcome outcome;
    outcome.closes = std::move(slot);
    co_return co_await look_and_commit(world, set, std::move(outcome));
}

}  // namespace backupwatch
