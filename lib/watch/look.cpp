#include "async/with_timeout.hpp"
#include "core/failure.hpp"
#include "watch/observe.hpp"
#include "watch/work.hpp"

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

constexpr Duration list_limit = std::chrono::minutes(1);
constexpr int most_counted = 100;

/// Reads the source, and remembers how that went.
Task<> read_source(World& world, WatchedSet& set, std::optional<Inventory>& inventory) {
    try {
        auto place = co_await world.checks.acquire();
        auto listing = set.source->list();
        inventory =
            co_await with_timeout(std::move(listing), list_limit, "listing " + target_of(set));
        set.health = {};
    } catch (const Failure& failure) {
        set.health.error = failure.what();
        set.health.tries += 1;
        if (!set.health.failing_since) set.health.failing_since = world.clock.now();
    }
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
        const Instant finished = backup.finished_at.value_or(backup.started_at);
        const bool is_owed = inventory.listed_at - finished < reach_back;
        if (!is_there && is_owed) gone.push_back(backup);
    }
    return gone;
}

/// How many drills in a row did not pass, up to the newest; what people tried by hand counts
/// nothing.
Task<> count_drills(World& world, WatchedSet& set, const std::optional<DrillRecord>& newest) {
    auto records = co_await world.store.drills(set.database, set.settings.name, most_counted);
    if (newest) records.insert(records.begin(), *newest);
    int count = 0;
    for (const DrillRecord& record : records) {
        if (record.outcome.result == DrillOutcome::Result::passed) break;
        if (!record.by_hand) ++count;
    }
    set.drills_not_passed = count;
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
    observed.source = set.health;
    if (!set.watched_since) {
        set.watched_since = co_await world.store.first_sight(set.database, set.settings.name, now);
    }
    observed.watched_since = *set.watched_since;
    if (observed.inventory) {
        const auto seen = co_await world.store.seen(set.database, set.settings.name);
        auto gone = vanished(seen, *observed.inventory, set.settings.reach_back);
        std::erase_if(gone, [&](const Backup& backup) {
            return std::count(outcome.expired.begin(), outcome.expired.end(), backup.id) > 0;
        });
        for (const Backup& backup : observed.inventory->backups) {
            if (backup.status == BackupStatus::completed) outcome.seen.push_back(backup);
        }
        observed.vanished = std::move(gone);

        auto failed = co_await world.store.failed_takes(set.database, set.settings.name);
        if (outcome.failed_take) failed.push_back(*outcome.failed_take);
        add_failed(*observed.inventory, failed);
        set.inventory = observed.inventory;
    }
    if (outcome.drill) {
        set.last_drill = outcome.drill;
        const bool has_passed = outcome.drill->outcome.result == DrillOutcome::Result::passed;
        if (has_passed) set.last_passed = outcome.drill;
    }
    if (set.last_drill) observed.last_drill = set.last_drill->outcome;
    if (outcome.drill || !set.drills_not_passed) {
        co_await count_drills(world, set, outcome.drill);
    }
    observed.drills_not_passed = *set.drills_not_passed;
    if (set.last_passed) observed.last_passed_drill = set.last_passed->outcome.finished_at;

    outcome.findings = check_set(policy_of(set.settings), observed, now);
    for (Finding& finding : outcome.findings) {
        finding.database = set.database;
        finding.set = set.settings.name;
    }
    set.last_look = now;
    co_return outcome;
}

Task<std::vector<Finding>> look(World& world, WatchedSet& set, SlotOf slot) {
    Outcome outcome;
    outcome.closes = std::move(slot);
    auto observed = co_await observe(world, set, std::move(outcome));
    auto findings = observed.findings;
    co_await world.commit(std::move(observed));
    co_return findings;
}

}  // namespace backupwatch
