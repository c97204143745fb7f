#include "watch/gate.hpp"

#include "watch/dumps_of_others.hpp"
#include "watch/work_lock.hpp"

#include <utility>

namespace backupwatch {
namespace {

/// Why what is listed cannot be relied on; empty: it can. Also where its looks do not come back.
std::string why_unread(const WatchedSet& set, const Told& told) {
    if (!set.health.error.empty()) return set.health.error;
    if (!set.inventory) return "it was not looked at yet";
    const auto source = told.find({set.database, set.settings.name, "source"});
    const bool fails = source != told.end() && source->second.finding.severity != Severity::ok;
    return fails ? source->second.finding.summary : std::string();
}

Task<GateFacts::Set> facts_of(World& world, WatchedSet& set, const Told& told) {
    GateFacts::Set facts;
    facts.name = target_of(set);
    facts.is_drilled = set.settings.drill.has_value();
    facts.error = why_unread(set, told);
    facts.drills = co_await words_on_backups(world, set);
    if (facts.error.empty()) facts.inventory = set.inventory;
    co_return facts;
}

/// A dump's locks hold up whoever changes a table, and who changes one holds up everybody then.
void add_if_busy(const World& world, const WatchedSet& set, std::vector<std::string>& busy) {
    if (set.running == "backup") busy.push_back("a dump of " + target_of(set) + " is running");
    if (!set.running.empty()) return;
    if (!FileLock::is_held(lock_file(world, set, work_lock))) return;
    busy.push_back("another process dumps or drills " + target_of(set));
}

}  // namespace

Task<GateFacts> gate_facts(World& world, std::string database, std::vector<WatchedSet*> sets) {
    GateFacts facts;
    for (const WatchedSet* set : world.find_sets({database})) {
        add_if_busy(world, *set, facts.busy);
    }
    // Ours would be told twice. It may take seconds: all else is as it is known after it.
    if (facts.busy.empty()) {
        DumpsOfOthers others = co_await dumps_of_others(world, database);
        facts.busy = std::move(others.busy);
        facts.unasked = std::move(others.unasked);
        facts.not_looked_at = std::move(others.not_looked_at);
    }
    const Told told = world.told(database);
    for (WatchedSet* set : sets) {
        GateFacts::Set one = co_await facts_of(world, *set, told);
        facts.sets.push_back(std::move(one));
    }
    for (const auto& [key, recorded] : world.told(database)) {
        if (recorded.finding.severity != Severity::critical) continue;
        facts.critical.push_back(recorded.finding);
    }
    const std::string unread = world.unread_incidents();
    if (!unread.empty()) facts.unread = "what else is wrong cannot be told: " + unread;
    facts.clock_doubted_before = world.clock_doubted_before();
    co_return facts;
}

}  // namespace backupwatch
