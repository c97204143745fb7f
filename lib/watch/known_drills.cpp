#include "core/backup/judged_drill.hpp"
#include "watch/world.hpp"

#include <utility>

namespace backupwatch {
namespace {

constexpr int most_counted = 100;

bool has_schedule(const WatchedSet& set) {
    return set.settings.drill && set.settings.drill->when.schedule;
}

/// As far back as anybody keeps dumps that are drilled every night.
constexpr int recent_verdicts = 400;

}  // namespace

bool is_judged(const DrillRecord& drill) {
    return is_judged(drill.outcome, drill.by_hand ? AskedBy::person : AskedBy::schedule);
}

void remember_drill(WatchedSet& set, const DrillRecord& drill) {
    set.last_drill = drill;
    if (!is_judged(drill)) return;
    if (drill.outcome.result != DrillOutcome::Result::passed) {
        if (is_one_more(set.judged_drill, drill.outcome, has_schedule(set))) {
            ++set.drills_not_passed;
        }
        set.judged_drill = drill.outcome;
        set.older_pass.reset();
        return;
    }
    std::optional<DrillOutcome> proven;
    if (set.last_passed) proven = set.last_passed->outcome;
    const bool is_newest_proven = takes_place_of(proven, drill.outcome);
    const bool is_newest_judged = takes_place_of(set.judged_drill, drill.outcome);
    if (is_newest_proven) set.last_passed = drill;
    if (is_newest_judged) {
        set.judged_drill = drill.outcome;
        set.drills_not_passed = 0;
    }
    if (is_newest_proven && is_newest_judged) {
        set.older_pass.reset();
    } else {
        set.older_pass = drill;
    }
}

const DrillRecord* standing_pass(const WatchedSet& set, Instant now) {
    if (!set.older_pass || !set.inventory) return nullptr;
    const DrillRecord& older = *set.older_pass;
    return stands_for_newest(older.outcome, *set.inventory, now) ? &older : nullptr;
}

Task<std::vector<DrillOutcome>> verdicts_of(World& world, WatchedSet& set) {
    co_await world.recall_drills(set);
    const auto recorded =
        co_await world.store.judged_drills(set.database, set.settings.name, recent_verdicts);
    std::vector<DrillOutcome> verdicts;
    if (set.judged_drill) verdicts.push_back(*set.judged_drill);
    verdicts.insert(verdicts.end(), recorded.begin(), recorded.end());
    if (set.last_passed) verdicts.push_back(set.last_passed->outcome);
    if (set.older_pass) verdicts.push_back(set.older_pass->outcome);
    co_return verdicts;
}

Task<std::vector<DrillOutcome>> words_on_backups(World& world, WatchedSet& set) {
    const std::string name = set.settings.name;
    auto verdicts = co_await verdicts_of(world, set);
    const auto records = co_await world.store.drills(set.database, name, recent_verdicts);
    std::vector<DrillOutcome> words;
    // One by hand that failed counts in no row, and is no proof either.
    if (set.last_drill) words.push_back(set.last_drill->outcome);
    for (const DrillRecord& record : records) words.push_back(record.outcome);
    words.insert(words.end(), verdicts.begin(), verdicts.end());
    co_return words;
}

Task<> World::recall_drills(WatchedSet& set) {
    if (set.memory->is_recalled) co_return;
    const std::string name = set.settings.name;
    const auto records = co_await store.drills(set.database, name, most_counted);
    auto passed = co_await store.last_passed_drill(set.database, name);
    // Again after the awaits: two looks may ask at the same time.
    if (set.memory->is_recalled) co_return;
    set.memory->is_recalled = true;
    if (!set.last_drill) {
        for (auto record = records.rbegin(); record != records.rend(); ++record) {
            remember_drill(set, *record);
        }
    }
    // Longer ago than all of those.
    if (!set.last_passed) set.last_passed = std::move(passed);
}

}  // namespace backupwatch
