#include "watch/streams.hpp"

#include "core/failure.hpp"
#include "core/quoted_line.hpp"
#include "watch/digest.hpp"
#include "watch/hooks.hpp"
#include "watch/look_and_commit.hpp"
#include "watch/work.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace backupwatch {
namespace {

constexpr Duration self_period = std::chrono::minutes(5);

void nobody_watches(const Progress&) {}

/// Drills what a new backup owes. What a drill finds is recorded by itself; that it could not be
/// begun is only logged: the check `restore` notices its absence.
Task<> drill_if_owed(std::shared_ptr<World> world, WatchedSet& set) {
    try {
        co_await pay_drill(*world, set);
    } catch (const Failure& failure) {
        spdlog::error(
            "cannot drill database={} set={} error={}",
            set.database,
            set.settings.name,
            quoted_line(failure.what())
        );
    }
}

/// Beside the set's polls, which would pause for hours if they waited for it.
void drill_beside(const std::shared_ptr<World>& world, WatchedSet& set, Scope& scope) {
    if (!may_owe_drill(*world, set)) return;
    scope.spawn("owed drill of " + target_of(set), drill_if_owed(world, set));
}

/// The same of what is owed to the program of `after_backup`.
Task<> hand_over_if_owed(std::shared_ptr<World> world, WatchedSet& set) {
    try {
        co_await pay_hooks(*world, set);
    } catch (const Failure& failure) {
        spdlog::error(
            "cannot record what was handed over database={} set={} error={}",
            set.database,
            set.settings.name,
            quoted_line(failure.what())
        );
    }
}

/// Neither waits for the other: a copy that fails takes nobody the proof that the backup restores.
void hand_over_beside(const std::shared_ptr<World>& world, WatchedSet& set, Scope& scope) {
    if (!may_owe_hook(set)) return;
    scope.spawn("after_backup of " + target_of(set), hand_over_if_owed(world, set));
}

Task<> read_on_if_unread(std::shared_ptr<World> world, WatchedSet& set) {
    try {
        co_await read_on(*world, set);
    } catch (const Failure&) {
        // The next look meets it too, and tells it.
    }
}

void follow_up(const std::shared_ptr<World>& world, WatchedSet& set, Scope& scope) {
    hand_over_beside(world, set, scope);
    drill_beside(world, set, scope);
    if (may_read_on(set)) {
        scope.spawn("reading of " + target_of(set), read_on_if_unread(world, set));
    }
}

Task<SlotResult> take_slot(
    std::shared_ptr<World> world, WatchedSet& set, Scope& scope, Outcome::Slot slot
) {
    const Taken taken = co_await take(*world, set, TakeRequest(), slot, nobody_watches);
    if (taken.failed) co_return SlotResult::failed;
    follow_up(world, set, scope);
    co_return SlotResult::ok;
}

Task<SlotResult> look_slot(
    std::shared_ptr<World> world, WatchedSet& set, Scope& scope, SlotOf slot
) {
    co_await look(*world, set, std::move(slot));
    follow_up(world, set, scope);
    co_return set.health.error.empty() ? SlotResult::ok : SlotResult::unknown;
}

Task<SlotResult> drill_slot(
    std::shared_ptr<World> world, WatchedSet& set, Scope&, Outcome::Slot slot
) {
    co_return co_await drill_on_schedule(*world, set, std::move(slot));
}

Task<SlotResult> disk_slot(std::shared_ptr<World> world, WatchedDatabase& database) {
    const Finding finding = co_await poll_disk(*world, database);
    co_return finding.severity == Severity::unknown ? SlotResult::unknown : SlotResult::ok;
}

Task<SlotResult> self_slot(std::shared_ptr<World> world) {
    co_await watch_ourselves(*world);
    co_return SlotResult::ok;
}

void say_unrecorded(const std::string& what, const std::string& error) {
    spdlog::error("cannot record the first look at {} error={}", what, quoted_line(error));
}

Task<> look_at_ourselves(std::shared_ptr<World> world) {
    try {
        co_await watch_ourselves(*world);
    } catch (const Failure& failure) {
        say_unrecorded("ourselves", failure.what());
    }
}

Task<> look_at(std::shared_ptr<World> world, WatchedSet& set, Scope& scope) {
    try {
        co_await look_slot(world, set, scope, std::nullopt);
    } catch (const Failure& failure) {
        say_unrecorded(target_of(set), failure.what());
    }
}

Task<> poll(std::shared_ptr<World> world, WatchedDatabase& database) {
    try {
        co_await poll_disk(*world, database);
    } catch (const Failure& failure) {
        say_unrecorded("the disk of " + database.name, failure.what());
    }
}

void add_set(
    std::vector<Stream>& streams, const std::shared_ptr<World>& world, WatchedSet& set, Scope& scope
) {
    const BackupSetSettings& settings = set.settings;
    const Duration offset = spread_offset(set.database, world->settings.spread);
    const auto add = [&](const char* kind, Schedule schedule, bool durable, auto work) {
        Stream stream{
            {set.database, settings.name, kind}, std::move(schedule), offset, durable, {}};
        const StreamKey key = stream.key;
        stream.work = [world, &set, &scope, key, work](DueSlot due) {
            return work(world, set, scope, Outcome::Slot{key, due.slot, {}});
        };
        streams.push_back(std::move(stream));
    };
    if (settings.take) add("take", *settings.take, true, take_slot);
    if (settings.check) add("check", *settings.check, true, look_slot);
    if (settings.drill && settings.drill->when.schedule) {
        add("drill", *settings.drill->when.schedule, true, drill_slot);
    }
    const auto poll = [](std::shared_ptr<World> its, WatchedSet& polled, Scope& its_scope, auto&&) {
        return look_slot(std::move(its), polled, its_scope, std::nullopt);
    };
    add("poll", Schedule::every(settings.poll), false, poll);
}

}  // namespace

std::vector<Stream> streams_of(const std::shared_ptr<World>& world, Scope& scope) {
    std::vector<Stream> streams;
    for (WatchedDatabase& database : world->databases) {
        for (const auto& set : database.sets) add_set(streams, world, *set, scope);
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
    if (const auto& digest = world->settings.alerts.digest) {
        streams.push_back(Stream{
            digest_stream(),
            *digest,
            Duration(0),
            true,
            [world](DueSlot due) { return digest_slot(world, due); },
        });
    }
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
    WatchedSet* set = world->watched(key.database, key.set);
    if (set == nullptr) {
        co_await close_slot(*world, std::move(key), slot, SlotResult::interrupted);
        co_return;
    }
    const bool is_drill = key.kind == "drill";
    const bool is_take = key.kind == "take";
    Outcome::Slot closes{std::move(key), slot, std::string(to_string(SlotResult::interrupted))};
    if (is_drill) {
        co_await close_unrun(*world, *set, std::move(closes), interrupted_drill);
        co_return;
    }
    Outcome outcome;
    if (is_take) {
        outcome.failed_take = failed_entry(slot, world->clock.now(), "interrupted three times");
    }
    outcome.closes = std::move(closes);
    co_await look_and_commit(*world, *set, std::move(outcome));
}

void first_look(const std::shared_ptr<World>& world, Scope& scope) {
    scope.spawn("first look at ourselves", look_at_ourselves(world));
    for (WatchedDatabase& database : world->databases) {
        for (const auto& set : database.sets) {
            scope.spawn("first look at " + target_of(*set), look_at(world, *set, scope));
        }
        if (!database.disk) continue;
        scope.spawn("first look at the disk of " + database.name, poll(world, database));
    }
}

}  // namespace backupwatch
