#include "async/acquire_within.hpp"
#include "async/as_failure.hpp"
#include "core/failure.hpp"
#include "core/quoted_line.hpp"
#include "core/words.hpp"
#include "watch/hooks.hpp"
#include "watch/look_and_commit.hpp"
#include "watch/shapes.hpp"
#include "watch/work.hpp"
#include "watch/work_lock.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace backupwatch {
namespace {

constexpr int most_tries = 3;
constexpr Duration first_pause = std::chrono::seconds(30);
/// What its progress says from its turn on; before that it waits, although it is called running.
constexpr const char* dumping = "dump";

/// Another try cannot mend a refusal; it can mend what passes.
bool is_worth_another_try(Failure::Kind kind) {
    return kind != Failure::Kind::denied && kind != Failure::Kind::missing &&
           kind != Failure::Kind::cancelled;
}

/// The dumps that run now, in words.
std::string dumps_in_words(const World& world) {
    std::vector<std::string> names;
    for (const WatchedDatabase& database : world.databases) {
        for (const auto& set : database.sets) {
            if (set->running == "backup" && set->progress.phase == dumping) {
                names.push_back(target_of(*set));
            }
        }
    }
    return names.empty() ? "another dump is not over"
                         : "the dump of " + listed(names) + " is not over";
}

/// A place among the dumps that may run at once. Throws Failure::timeout at the deadline.
Task<Semaphore::Place> place_to_dump(
    World& world, const WatchedSet& set, std::optional<Duration> deadline
) {
    if (!deadline) co_return co_await world.dumps.acquire();
    auto place =
        co_await acquire_within(world.clock, world.dumps, *deadline - world.clock.uptime());
    if (place) co_return std::move(*place);
    const std::string limit = std::to_string(world.settings.concurrency.dumps);
    throw late_turn(set, dumps_in_words(world) + ", and `concurrency.dumps` is " + limit);
}

Task<Backup> try_take(
    World& world,
    WatchedSet& set,
    const TakeRequest& request,
    const SlotOf& slot,
    Duration deadline,
    ProgressSink progress
) {
    const int tries = slot ? most_tries : 1;
    Duration rest = first_pause;
    for (int attempt = 1;; ++attempt) {
        try {
            auto taking = as_failure(set.source->take(request, progress));
            co_return co_await std::move(taking);
        } catch (const Failure& failure) {
            const bool is_last = attempt == tries || world.clock.uptime() + rest >= deadline;
            if (is_last || !is_worth_another_try(failure.kind())) throw;
            spdlog::warn(
                "dump failed, another try follows database={} set={} attempt={} pause={} "
                "error={}",
                set.database,
                set.settings.name,
                attempt,
                to_text(rest),
                quoted_line(failure.what())
            );
        }
        co_await pause(world.clock, rest);
        rest *= 4;
    }
}

/// Of these, what is listed no more. A removal that failed half way has removed some all the same;
/// what is not recorded as let go would be missed as if someone else had taken it.
Task<std::vector<std::string>> gone_of(WatchedSet& set, std::vector<std::string> ids) {
    const Inventory left = co_await set.source->list();
    std::erase_if(ids, [&](const std::string& id) {
        return std::ranges::find(left.backups, id, &Backup::id) != left.backups.end();
    });
    co_return ids;
}

/// What drills have proved of those listed. Throws where that is not known: then all stays.
Task<std::set<std::string>> proven_in(World& world, WatchedSet& set, const Inventory& inventory) {
    const std::vector<DrillOutcome> verdicts = co_await verdicts_of(world, set);
    // A state that was lost, or of a set of another name, knows of none either.
    const Instant now = world.clock.now();
    if (set.settings.drill && !is_any_proven_now(inventory, verdicts, now)) {
        throw Failure(
            Failure::Kind::missing,
            "none that is whole is known to have passed its last drill; all stay until one does: "
            "`backupwatch drill " +
                target_of(set) + "` tries the newest"
        );
    }
    co_return proven(inventory, verdicts, now);
}

Task<> remove_expired(World& world, WatchedSet& set, Outcome& outcome) {
    const Inventory inventory = co_await set.source->list();
    const Instant oldest = oldest_instant(inventory, inventory.listed_at);
    const auto seen = co_await world.store.seen(set.database, set.settings.name, oldest);
    const auto damaged = damaged_since(seen, inventory);
    const auto old_enough = [&, now = world.clock.now()](const Protected& stays) {
        return expired(inventory, damaged, set.settings.retention, stays, now);
    };
    // Most nights nothing is; then it is all the same what drills have proved.
    if (old_enough({}).empty()) co_return;
    // Of whatever process; the next night makes up for it.
    const auto no_restore = FileLock::try_acquire(lock_file(world, set, restore_lock));
    if (!no_restore) {
        spdlog::info("nothing is removed while one is restored set={}", target_of(set));
        co_return;
    }
    Protected stays;
    co_await compare_shapes(world, set, inventory, world.clock.now());
    stays.held = held_for_shape(set);
    // Also of another process.
    co_await recall_hook_runs(world, set);
    stays.held.merge(held_for_hook(set));
    stays.proven = co_await proven_in(world, set, inventory);
    auto ids = old_enough(stays);
    if (ids.empty()) co_return;
    std::optional<Failure> failed;
    try {
        auto removal = as_failure(set.source->remove(ids));
        co_await std::move(removal);
    } catch (const Failure& failure) {
        failed = failure;
    }
    if (!failed) {
        outcome.expired = std::move(ids);
        co_return;
    }
    try {
        auto gone = as_failure(gone_of(set, std::move(ids)));
        outcome.expired = co_await std::move(gone);
    } catch (const Failure&) {
        // Why it could not be removed says more than why that cannot be seen.
    }
    throw Failure(*failed);
}

/// At once, since what expires is removed next, which may take long. Where it is refused, the
/// outcome has it still.
Task<> record_debt(World& world, WatchedSet& set, const HookRun& run) {
    try {
        co_await world.store.keep_hook_run(set.database, set.settings.name, run);
    } catch (const Failure& failure) {
        world.note_store(failure.what());
    }
}

/// Lets go what is older than promised. That it could not is said, not fatal: the dump is good.
/// While the clock may be wrong nothing is old enough: a jump ahead would let nearly all go.
Task<> retire(World& world, WatchedSet& set, Outcome& outcome) {
    world.clock_watch.look({world.clock.now(), world.clock.uptime()});
    if (world.clock_watch.jump()) {
        spdlog::warn(
            "old dumps kept: the clock jumped database={} set={}", set.database, set.settings.name
        );
        co_return;
    }
    try {
        auto removal = as_failure(remove_expired(world, set, outcome));
        co_await std::move(removal);
    } catch (const Failure& failure) {
        spdlog::error(
            "cannot remove old dumps database={} set={} error={}",
            set.database,
            set.settings.name,
            quoted_line(failure.what())
        );
    }
    if (outcome.expired.empty()) co_return;
    spdlog::info(
        "old dumps removed database={} set={} count={}",
        set.database,
        set.settings.name,
        outcome.expired.size()
    );
}

}  // namespace

Backup failed_entry(
    Instant started, Instant failed, const std::string& error, const std::string& cause
) {
    Backup entry;
    entry.id = "failed-" + to_rfc3339(started);
    entry.status = BackupStatus::failed;
    entry.started_at = started;
    entry.finished_at = failed;
    entry.error = error;
    entry.cause = cause;
    return entry;
}

Task<Taken> take(
    World& world, WatchedSet& set, TakeRequest request, SlotOf slot, ProgressSink progress
) {
    // From now, and not from the slot: with `spread`, or caught up, it begins much later than that.
    const Duration deadline = world.clock.uptime() + set.settings.grace;
    // Who asks by hand can end it.
    std::optional<Duration> last_turn;
    if (slot) last_turn = deadline;
    std::optional<WorkLock> lock;
    std::optional<Semaphore::Place> place;
    ProgressSink note = [&set, progress](const Progress& now) {
        set.progress = now;
        progress(now);
    };
    request.on_left_behind = [&set](const std::filesystem::path& left) {
        spdlog::warn(
            "what a failed dump left is not removed in time: it goes later, or at the next start "
            "database={} set={} folder={}",
            set.database,
            set.settings.name,
            left.string()
        );
    };
    Outcome outcome;
    outcome.closes = slot;
    std::optional<Backup> backup;
    std::exception_ptr failed;
    try {
        // Here too: a turn that does not come in time is a dump that failed.
        WorkLock turn = co_await WorkLock::acquire(world, set, "backup", last_turn);
        lock.emplace(std::move(turn));
        // Last: while it waits for a drill of its own set, no other set waits for it.
        Semaphore::Place free_place = co_await place_to_dump(world, set, last_turn);
        place.emplace(std::move(free_place));
        set.progress.phase = dumping;
        backup = co_await try_take(world, set, request, slot, deadline, std::move(note));
    } catch (const Failure& failure) {
        failed = std::current_exception();
        // By hand, who asked is told.
        spdlog::log(
            slot ? spdlog::level::err : spdlog::level::info,
            "dump failed database={} set={} error={}",
            set.database,
            set.settings.name,
            quoted_line(failure.what())
        );
        if (slot) {
            outcome.closes->result = to_string(SlotResult::failed);
            outcome.failed_take =
                failed_entry(slot->slot, world.clock.now(), failure.what(), failure.cause());
        }
    }
    // What follows is no dump: others need not wait for it.
    place.reset();
    // Without its turn it was never its own.
    if (lock) set.progress = {};
    if (backup) {
        if (outcome.closes) outcome.closes->result = to_string(SlotResult::ok);
        spdlog::info(
            "dump taken database={} set={} id={} bytes={}",
            set.database,
            set.settings.name,
            backup->id,
            backup->size_bytes.value_or(0)
        );
        // Before anything goes: it stays until it is handed over.
        outcome.hook_run = owe_hook(world, set, *backup);
        if (outcome.hook_run) co_await record_debt(world, set, *outcome.hook_run);
        co_await retire(world, set, outcome);
    }
    co_await look_and_commit(world, set, std::move(outcome));
    co_return Taken{std::move(backup), failed};
}

}  // namespace backupwatch
