#include "watch/streams.hpp"

#include "core/failure.hpp"
#include "core/quoted_line.hpp"
#include "watch/work.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace backupwatch {
namespace {

constexpr Duration self_period = std::chrono::minutes(5);

void nobody_watches(const Progress&) {}

/// A slot whose work could not even be recorded as done: closed on its own, so that it is not begun
/// again. Where the store refuses that too, the slot stays open and is begun again.
Task<> close(World& world, Outcome::Slot slot, std::string result) {
    Outcome outcome;
    outcome.database = slot.stream.database;
    outcome.set = slot.stream.set;
    outcome.at = world.clock.now();
    outcome.closes = std::move(slot);
    outcome.closes->result = std::move(result);
    co_await world.commit(std::move(outcome));
}

/// Drills what a new backup owes. What a drill finds is recorded by itself; that it could not be
/// begun is only logged: the check `restore` notices its absence.
Task<> pay_drill(World& world, WatchedSet& set) {
    try {
        const auto owed = co_await owed_drill(world, set);
        if (!owed) co_return;
        const SlotOf no_slot;
        co_await drill(world, set, *owed, no_slot, Caller::schedule, nobody_watches);
    } catch (const Failure& failure) {
        spdlog::error(
            "cannot drill database={} set={} error={}",
            set.database,
            set.settings.name,
            quoted_line(failure.what())
        );
    }
}

Task<std::string> take_slot(std::shared_ptr<World> world, WatchedSet& set, Outcome::Slot slot) {
    std::string result = "ok";
    try {
        co_await take(*world, set, TakeRequest(), slot, nobody_watches);
    } catch (const Failure& failure) {
        result = "failed";
    }
    if (result == "ok") co_await pay_drill(*world, set);
    co_return result;
}

Task<std::string> look_slot(std::shared_ptr<World> world, WatchedSet& set, SlotOf slot) {
    co_await look(*world, set, std::move(slot));
    const bool is_read = set.health.error.empty();
    co_await pay_drill(*world, set);
    co_return is_read ? "ok" : "unknown";
}

Task<std::string> drill_slot(std::shared_ptr<World> world, WatchedSet& set, Outcome::Slot slot) {
    std::string refused;
    try {
        const std::string newest;
        const DrillReport report =
            co_await drill(*world, set, newest, slot, Caller::schedule, nobody_watches);
        co_return std::string(to_string(report.result));
    } catch (const Failure& failure) {
        refused = failure.what();
    }
    spdlog::error(
        "cannot drill database={} set={} error={}",
        set.database,
        set.settings.name,
        quoted_line(refused)
    );
    co_await close(*world, std::move(slot), "unknown");
    co_return "unknown";
}

Task<std::string> disk_slot(std::shared_ptr<World> world, WatchedDatabase& database) {
    const Finding finding = co_await poll_disk(*world, database);
    co_return finding.severity == Severity::unknown ? "unknown" : "ok";
}

Task<std::string> self_slot(std::shared_ptr<World> world) {
    co_await watch_ourselves(*world);
    co_return "ok";
}

void add_set(std::vector<Stream>& streams, const std::shared_ptr<World>& world, WatchedSet& set) {
    const BackupSetSettings& settings = set.settings;
    const Duration offset = spread_offset(set.database, world->settings.spread);
    const auto add = [&](const char* kind, Schedule schedule, bool durable, auto work) {
        Stream stream{
            {set.database, settings.name, kind}, std::move(schedule), offset, durable, {}};
        const StreamKey key = stream.key;
        stream.work = [world, &set, key, work](DueSlot due) {
            return work(world, set, Outcome::Slot{key, due.slot, "ok"});
        };
        streams.push_back(std::move(stream));
    };
    if (settings.take) add("take", *settings.take, true, take_slot);
    if (settings.check) add("check", *settings.check, true, look_slot);
    if (settings.drill && settings.drill->when.schedule) {
        add("drill", *settings.drill->when.schedule, true, drill_slot);
    }
    const auto poll = [](std::shared_ptr<World> its, WatchedSet& looked_at, const Outcome::Slot&) {
        return look_slot(std::move(its), looked_at, std::nullopt);
    };
    add("poll", Schedule::every(settings.poll), false, poll);
}

}  // namespace

std::vector<Stream> streams_of(const std::shared_ptr<World>& world) {
    std::vector<Stream> streams;
    for (WatchedDatabase& database : world->databases) {
        for (const auto& set : database.sets) add_set(streams, world, *set);
        if (!database.disk) continue;
        streams.push_back(Stream{
            {database.name, "", "disk"},
            Schedule::every(database.disk->poll),
            spread_offset(database.name, world->settings.spread),
            false,
            [world, &database](DueSlot) { return disk_slot(world, database); },
        });
    }
    streams.push_back(Stream{
        {"backupwatch", "", "self"},
        Schedule::every(self_period),
        Duration(0),
        false,
        [world](DueSlot) { return self_slot(world); },
    });
    return streams;
}

Task<> close_interrupted(std::shared_ptr<World> world, StreamKey key, Instant slot) {
    spdlog::error(
        "interrupted three times, given up kind={} database={} set={} slot={}",
        key.kind,
        key.database,
        key.set,
        to_rfc3339(slot)
    );
    Outcome outcome;
    outcome.database = key.database;
    outcome.set = key.set;
    outcome.at = world->clock.now();
    if (key.kind == "take") {
        outcome.failed_take = failed_entry(slot, outcome.at, "interrupted three times");
    }
    outcome.closes = Outcome::Slot{std::move(key), slot, "interrupted"};
    co_await world->commit(std::move(outcome));
}

Task<> first_look(std::shared_ptr<World> world) {
    co_await watch_ourselves(*world);
    for (WatchedDatabase& database : world->databases) {
        for (const auto& set : database.sets) co_await look_slot(world, *set, std::nullopt);
        if (database.disk) co_await poll_disk(*world, database);
    }
}

}  // namespace backupwatch
