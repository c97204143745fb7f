#include "async/as_failure.hpp"
#include "async/with_timeout.hpp"
#include "core/failure.hpp"
#include "watch/observe.hpp"
#include "watch/work.hpp"

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

constexpr Duration list_limit = std::chrono::minutes(1);

/// Reads the source, and remembers how that went.
Task<> read_source(World& world, WatchedSet& set, std::optional<Inventory>& inventory) {
    try {
        auto place = co_await world.checks.acquire();
        auto listing = as_failure(set.source->list());
        inventory =
            co_await with_timeout(std::move(listing), list_limit, "listing " + target_of(set));
        set.health = {};
    } catch (const Failure& failure) {
        count_failed_look(set.health, failure.what(), set.settings.poll, world.clock.now());
    }
}

/// Still owed by a set that holds it no more, or not whole.
bool is_owed(const Backup& backup, Instant now, Duration reach_back) {
    return now - instant_of(backup) < reach_back;
}

/// What a set held before and holds no more, although nobody let it go and it is still owed.
std::vector<Backup> vanished(
    const std::vector<Backup>& seen, const Inventory& inventory, Duration reach_back
) {
    std::vector<Backup> gone;
    for (const Backup& backup : seen) {
        const bool is_there = std::any_of(
            inventory.backups.begin(),
            inventory.backups.end(),
            [&](const Backup& entry) { return entry.id == backup.id; }
        );
        if (!is_there && is_owed(backup, inventory.listed_at, reach_back)) gone.push_back(backup);
    }
    return gone;
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

/// Adds an entry, in the place of one with its id.
void note_entry(std::vector<Backup>& known, const Backup& entry) {
    std::erase_if(known, [&](const Backup& backup) { return backup.id == entry.id; });
    known.push_back(entry);
}

/// What the state knows of a set. When it refuses to say, that is a finding of its own, and what it
/// said before is judged with: no look fails for it.
Task<> ask_state(World& world, WatchedSet& set, const Outcome& outcome, Instant now) {
    SetMemory& memory = *set.memory;
    const int corrected = world.store.corrected_first_sights();
    try {
        // One in the future was a wrong clock's, also where it is our own.
        if (!memory.is_first_sight_kept || *set.watched_since > now) {
            const Instant known = std::min(set.watched_since.value_or(now), now);
            set.watched_since =
                co_await world.store.first_sight(set.database, set.settings.name, known);
            memory.is_first_sight_kept = true;
        }
        co_await world.recall_drills(set);
        memory.seen = co_await world.store.seen(set.database, set.settings.name);
        memory.failed_takes = co_await world.store.failed_takes(set.database, set.settings.name);
    } catch (const Failure& failure) {
        world.note_store(failure.what());
    }
    // What this very work brings; the state may be refusing it.
    for (const std::string& id : outcome.expired) {
        std::erase_if(memory.seen, [&](const Backup& backup) { return backup.id == id; });
    }
    if (outcome.failed_take) note_entry(memory.failed_takes, *outcome.failed_take);
    if (outcome.drill) remember_drill(set, *outcome.drill);
    if (!set.watched_since || *set.watched_since > now) set.watched_since = now;
    if (world.store.corrected_first_sights() > corrected) {
        world.clock_watch.meet_future({now, world.clock.uptime()});
    }
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

}  // namespace

Task<Outcome> observe(World& world, WatchedSet& set, Outcome outcome) {
    outcome.database = set.database;
    outcome.set = set.settings.name;

    SetObservation observed;
    co_await read_source(world, set, observed.inventory);
    const Instant now = world.clock.now();
    outcome.at = now;
    outcome.is_blind = !observed.inventory;
    co_await ask_state(world, set, outcome, now);

    observed.source = set.health;
    observed.watched_since = *set.watched_since;
    observed.clock_doubted_before = world.clock_doubted_before();
    observed.history_lost = world.is_history_lost() || !set.memory->is_recalled;
    if (observed.inventory) {
        auto& seen = set.memory->seen;
        observed.vanished = vanished(seen, *observed.inventory, set.settings.reach_back);
        observed.damaged = damaged(seen, *observed.inventory, set.settings.reach_back);
        for (const Backup& backup : observed.inventory->backups) {
            if (backup.status == BackupStatus::completed) outcome.seen.push_back(backup);
        }
        for (const Backup& backup : outcome.seen) note_entry(seen, backup);
        add_failed(*observed.inventory, set.memory->failed_takes);
        set.inventory = observed.inventory;
    }
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
    set.memory->last_seen = moment_of(world.clock);
    co_return outcome;
}

Task<std::vector<Finding>> look(World& world, WatchedSet& set, SlotOf slot) {
    Outcome outcome;
    outcome.closes = std::move(slot);
    auto observed = co_await observe(world, set, std::move(outcome));
    co_return co_await world.commit(std::move(observed));
}

}  // namespace backupwatch
