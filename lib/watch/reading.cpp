#include "watch/reading.hpp"

#include "async/as_failure.hpp"
#include "async/with_timeout.hpp"
#include "core/failure.hpp"
#include "watch/hooks.hpp"
#include "watch/shapes.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace backupwatch {
namespace {

constexpr Duration list_limit = std::chrono::minutes(1);

/// Others may come back meanwhile; one that comes this often is judged as it is. Each begins later.
constexpr int most_readings = 3;

Task<Reading> read_source(World& world, WatchedSet& set) {
    Reading reading;
    try {
        auto place = co_await world.checks.acquire();
        reading.number = ++set.memory->last_reading;
        auto listing = as_failure(set.source->list());
        reading.inventory =
            co_await with_timeout(std::move(listing), list_limit, "listing " + target_of(set));
    } catch (const Failure& failure) {
        reading.error = failure.what();
        reading.cause = failure.cause();
    }
    reading.at = world.clock.now();
    co_return reading;
}

/// Drills whose verdict was told while the state refused it. Throws what the store throws.
Task<> record_drills(World& world, WatchedSet& set) {
    auto& drills = set.memory->unrecorded.drills;
    while (!drills.empty()) {
        // Nobody else does it meanwhile.
        DrillRecord drill = std::move(drills.front());
        drills.erase(drills.begin());
        Outcome outcome;
        outcome.database = set.database;
        outcome.set = set.settings.name;
        outcome.at = drill.outcome.finished_at;
        outcome.drill = drill;
        std::exception_ptr refused;
        try {
            co_await world.store.commit(std::move(outcome));
        } catch (...) {
            refused = std::current_exception();
        }
        if (!refused) continue;
        drills.insert(drills.begin(), std::move(drill));
        std::rethrow_exception(refused);
    }
}

/// What is neither owed nor listed is not missed; of that, every night adds some.
Instant seen_from(const Inventory& inventory, const BackupSetSettings& settings) {
    return oldest_instant(inventory, inventory.listed_at - owed_for(inventory, settings));
}

/// What the state knows of a set. When it refuses to say, that is a finding of its own, and what it
/// said before is judged with: no look fails for it.
Task<> ask_state(World& world, WatchedSet& set, const Reading& reading) {
    const Instant now = reading.at;
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
        co_await record_drills(world, set);
        co_await world.recall_drills(set);
        co_await recall_hook_runs(world, set);
        if (reading.inventory) {
            const Instant since = seen_from(*reading.inventory, set.settings);
            memory.seen = co_await world.store.seen(set.database, set.settings.name, since);
        }
        memory.failed_takes = co_await world.store.failed_takes(set.database, set.settings.name);
    } catch (const Failure& failure) {
        world.note_store(failure.what());
    }
    // What the state does not hold yet.
    for (const std::string& id : memory.unrecorded.expired) {
        std::erase_if(memory.seen, [&](const Backup& backup) { return backup.id == id; });
    }
    for (const Backup& entry : memory.unrecorded.failed_takes) {
        note_entry(memory.failed_takes, entry);
    }
    if (!set.watched_since || *set.watched_since > now) set.watched_since = now;
    if (world.store.corrected_first_sights() > corrected) {
        world.clock_watch.meet_future({now, world.clock.uptime()});
    }
}

}  // namespace

Task<Reading> read_set(World& world, WatchedSet& set) {
    for (int turn = 1;; ++turn) {
        Reading reading = co_await read_source(world, set);
        co_await ask_state(world, set, reading);
        if (reading.inventory) {
            auto comparing = compare_shapes(world, set, *reading.inventory, reading.at);
            co_await std::move(comparing);
        }
        if (reading.number > set.memory->newest_judged || turn == most_readings) co_return reading;
    }
}

Duration owed_for(const Inventory& inventory, const BackupSetSettings& settings) {
    if (!inventory.provider) return settings.reach_back;
    const Duration kept = inventory.provider->keeps.value_or(settings.reach_back);
    return std::max(kept - settings.every, Duration(0));
}

void note_entry(std::vector<Backup>& known, const Backup& entry) {
    std::erase_if(known, [&](const Backup& backup) { return backup.id == entry.id; });
    known.push_back(entry);
}

}  // namespace backupwatch
