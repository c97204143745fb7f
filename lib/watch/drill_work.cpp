#include "async/as_failure.hpp"
#include "core/backup/drill_due.hpp"
#include "core/backup/drill_slot.hpp"
#include "core/failure.hpp"
#include "core/quoted_line.hpp"
#include "json/text.hpp"
#include "watch/observe.hpp"
#include "watch/work.hpp"
#include "watch/work_lock.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace backupwatch {
namespace {

/// Enough to see that a drill could not be run several times on the newest backup.
constexpr int recent_drills = 10;
/// The kind of the slots of drills that follow a backup; those of a schedule are of kind `drill`.
constexpr const char* after_backup = "after_backup";
constexpr const char* drilling = "drill";

/// What a person tries by hand counts in no row of failures.
enum class Caller { schedule, person };

Failure no_such_backup(const WatchedSet& set, const std::string& id) {
    if (id.empty()) {
        return Failure(
            Failure::Kind::missing,
            target_of(set) + " has no completed backup to drill",
            set.settings.take ? "take one with `backupwatch backup " + target_of(set) + "`."
                              : "none has come to " + set.settings.directory.string() + " yet."
        );
    }
    return Failure(
        Failure::Kind::missing,
        target_of(set) + " has no backup \"" + id + "\"",
        "`backupwatch list " + target_of(set) + "` shows what there is."
    );
}

/// The newest that claims to be a backup, damaged or not.
const Backup* newest_entry(const Inventory& inventory) {
    const Backup* newest = nullptr;
    for (const Backup& backup : inventory.backups) {
        if (backup.status == BackupStatus::running) continue;
        if (newest == nullptr || backup.started_at >= newest->started_at) newest = &backup;
    }
    return newest;
}

/// What a person means. A damaged backup can be drilled too: the drill says what is wrong with it.
/// Who asks for the newest means just that, and not the newest that is still whole.
Backup choose_backup(const WatchedSet& set, const Inventory& inventory, const std::string& id) {
    if (id.empty()) {
        const Backup* newest = newest_entry(inventory);
        if (newest == nullptr) throw no_such_backup(set, id);
        return *newest;
    }
    for (const Backup& backup : inventory.backups) {
        if (backup.id == id) return backup;
    }
    throw no_such_backup(set, id);
}

DrillRecord record_of(const DrillReport& report, Caller caller, Instant now) {
    DrillRecord record;
    record.database = report.database;
    record.set = report.set;
    record.outcome = outcome_of(report, now);
    record.by_hand = caller == Caller::person;
    record.verified_rows = report.verified_rows();
    record.document = json_text(to_json(report));
    return record;
}

/// What is recorded of a drill by schedule that has no verdict.
DrillRecord unrun_drill(
    const WatchedSet& set, const Backup& backup, const std::string& why, Instant now
) {
    DrillReport report;
    report.database = set.database;
    report.set = set.settings.name;
    report.backup = backup;
    report.started_at = now;
    report.verification.errors.push_back(why);
    return record_of(report, Caller::schedule, now);
}

/// What becomes of the slot of a drill that could not be run.
enum class Unknown { closes, is_tried_again };

/// Under the set's work lock.
Task<DrillReport> run_drill(
    World& world,
    WatchedSet& set,
    Backup backup,
    SlotOf slot,
    Unknown unknown,
    Caller caller,
    ProgressSink progress
) {
    DrillJob job;
    job.database = set.database;
    job.set = set.settings.name;
    job.source = set.source.get();
    job.backup = std::move(backup);
    job.settings = set.settings.drill.value_or(DrillSettings());
    job.jobs = world.cores;
    ProgressSink note = [&set, progress](const Progress& now) {
        set.progress = now;
        progress(now);
    };
    const DrillReport report = co_await world.driller.run(std::move(job), std::move(note));

    const auto& errors = report.verification.errors;
    // By hand, who asked is told.
    const bool is_bad = report.result != DrillOutcome::Result::passed;
    spdlog::log(
        is_bad && caller == Caller::schedule ? spdlog::level::err : spdlog::level::info,
        "drill {} database={} set={} backup={} restore_seconds={:.3f} seconds={:.3f} error={}",
        to_string(report.result),
        set.database,
        set.settings.name,
        report.backup.id,
        report.restore_seconds(),
        report.seconds,
        quoted_line(errors.empty() ? "" : errors.front())
    );
    world.on_drill(report);
    Outcome outcome;
    outcome.drill = record_of(report, caller, world.clock.now());
    const bool is_judged = report.result != DrillOutcome::Result::unknown;
    if (slot && (is_judged || unknown == Unknown::closes)) {
        slot->result = to_string(slot_result(report.result));
        outcome.closes = std::move(slot);
    }
    auto observed = co_await observe(world, set, std::move(outcome));
    co_await world.commit(std::move(observed));
    co_return report;
}

/// The right to drill a set now.
struct DrillTurn {
    WorkLock lock;
    Semaphore::Place place;
};

/// The set's lock and a place among all drills, neither held while the other is waited for: a set
/// that is being dumped holds up no other set's drill, and a drill that waits for others' holds up
/// no dump of its set. Throws what WorkLock::acquire throws.
Task<DrillTurn> turn_to_drill(World& world, WatchedSet& set) {
    for (;;) {
        auto place = co_await world.drills.acquire();
        auto lock = WorkLock::try_acquire(world, set, drilling);
        if (lock) co_return DrillTurn{std::move(*lock), std::move(place)};
        place = {};
        const WorkLock free_again = co_await WorkLock::acquire(world, set, drilling);
    }
}

/// The backup of this inventory that owes a drill now, or nothing.
Task<std::optional<Backup>> owed_by(World& world, WatchedSet& set, const Inventory& inventory) {
    const auto records =
        co_await world.store.drills(set.database, set.settings.name, recent_drills);
    std::vector<DrillOutcome> drills;
    for (const DrillRecord& record : records) drills.push_back(record.outcome);
    // What the store refused to keep is known here all the same.
    if (set.last_drill && set.last_drill->outcome.result != DrillOutcome::Result::unknown) {
        drills.push_back(set.last_drill->outcome);
    }
    const Backup* due = drill_due(inventory, drills, world.clock.now());
    if (due == nullptr) co_return std::nullopt;
    co_return *due;
}

/// Decides by what was begun before. Under the set's work lock.
Task<> drill_owed(World& world, WatchedSet& set, Backup backup) {
    const StreamKey stream{set.database, set.settings.name, after_backup};
    const SlotHistory history = co_await world.store.history(stream, world.clock.now());
    const DrillSlotDecision decision = decide_drill_slot(history, backup.started_at);
    if (decision.superseded) {
        co_await close_slot(world, stream, *decision.superseded, SlotResult::unknown);
        world.on_owed_ended(set, SlotResult::unknown);
    }
    Outcome::Slot slot{stream, backup.started_at, {}};
    if (decision.interrupted) {
        spdlog::error(
            "interrupted three times, given up kind={} database={} set={} backup={}",
            after_backup,
            set.database,
            set.settings.name,
            backup.id
        );
        Outcome outcome;
        outcome.drill = unrun_drill(set, backup, interrupted_drill, world.clock.now());
        slot.result = to_string(SlotResult::interrupted);
        outcome.closes = std::move(slot);
        auto observed = co_await observe(world, set, std::move(outcome));
        co_await world.commit(std::move(observed));
        world.on_owed_ended(set, SlotResult::interrupted);
        co_return;
    }
    if (!decision.begin) co_return;
    const Instant now = world.clock.now();
    co_await world.store.open_slot(stream, *decision.begin, now);
    world.on_owed_begun(set, now - backup.finished_at.value_or(backup.started_at));
    const auto unknown = is_last_try(*decision.begin) ? Unknown::closes : Unknown::is_tried_again;
    SlotOf closed_by_it = std::move(slot);
    ProgressSink nobody_watches = [](const Progress&) {};
    const DrillReport report = co_await run_drill(
        world,
        set,
        std::move(backup),
        std::move(closed_by_it),
        unknown,
        Caller::schedule,
        std::move(nobody_watches)
    );
    const SlotResult result = slot_result(report.result);
    if (unknown == Unknown::closes || result != SlotResult::unknown) {
        world.on_owed_ended(set, result);
    }
}

/// While it lives, the set's owed drill is somebody's business.
class Paying {
  public:
    explicit Paying(WatchedSet& set) : set_(set) { set_.pays_drill = true; }
    ~Paying() { set_.pays_drill = false; }
    Paying(const Paying&) = delete;
    Paying& operator=(const Paying&) = delete;

  private:
    WatchedSet& set_;
};

}  // namespace

SlotResult slot_result(DrillOutcome::Result result) {
    switch (result) {
        case DrillOutcome::Result::passed:
            return SlotResult::ok;
        case DrillOutcome::Result::failed:
            return SlotResult::failed;
        case DrillOutcome::Result::unknown:
            break;
    }
    return SlotResult::unknown;
}

Task<> close_slot(World& world, StreamKey stream, Instant slot, SlotResult result) {
    Outcome outcome;
    outcome.database = stream.database;
    outcome.set = stream.set;
    outcome.at = world.clock.now();
    outcome.closes = Outcome::Slot{std::move(stream), slot, std::string(to_string(result))};
    co_await world.commit(std::move(outcome));
}

Task<> close_unrun(World& world, WatchedSet& set, Outcome::Slot slot, std::string why) {
    if (!set.inventory) co_await look(world, set);
    const Instant now = world.clock.now();
    const Backup* newest = set.inventory ? newest_completed(*set.inventory, now) : nullptr;
    Outcome outcome;
    if (newest != nullptr) outcome.drill = unrun_drill(set, *newest, why, now);
    outcome.closes = std::move(slot);
    auto observed = co_await observe(world, set, std::move(outcome));
    co_await world.commit(std::move(observed));
}

Task<DrillReport> drill(World& world, WatchedSet& set, std::string id, ProgressSink progress) {
    const DrillTurn turn = co_await turn_to_drill(world, set);
    const Inventory inventory = co_await set.source->list();
    Backup backup = choose_backup(set, inventory, id);
    const SlotOf none;
    co_return co_await run_drill(
        world, set, std::move(backup), none, Unknown::closes, Caller::person, std::move(progress)
    );
}

Task<SlotResult> drill_on_schedule(World& world, WatchedSet& set, Outcome::Slot slot) {
    std::optional<DrillTurn> turn;
    std::optional<Inventory> inventory;
    std::string refused;
    try {
        DrillTurn its_turn = co_await turn_to_drill(world, set);
        turn.emplace(std::move(its_turn));
        auto listing = as_failure(set.source->list());
        inventory = co_await std::move(listing);
    } catch (const Failure& failure) {
        refused = failure.what();
    }
    const Backup* newest = inventory ? newest_completed(*inventory, world.clock.now()) : nullptr;
    if (newest == nullptr) {
        if (inventory) refused = no_such_backup(set, {}).what();
        spdlog::error(
            "cannot drill database={} set={} error={}",
            set.database,
            set.settings.name,
            quoted_line(refused)
        );
        slot.result = to_string(SlotResult::unknown);
        // Where there is no backup, the check `backup` says so.
        if (inventory) {
            co_await close_slot(world, std::move(slot.stream), slot.slot, SlotResult::unknown);
        } else {
            co_await close_unrun(world, set, std::move(slot), std::move(refused));
        }
        co_return SlotResult::unknown;
    }
    Backup backup = *newest;
    SlotOf closed_by_it = std::move(slot);
    ProgressSink nobody_watches = [](const Progress&) {};
    const DrillReport report = co_await run_drill(
        world,
        set,
        std::move(backup),
        std::move(closed_by_it),
        Unknown::closes,
        Caller::schedule,
        std::move(nobody_watches)
    );
    co_return slot_result(report.result);
}

Task<> pay_drill(World& world, WatchedSet& set) {
    const auto& settings = set.settings.drill;
    if (!settings || !set.inventory) co_return;
    // A set with a schedule of its own owes none in between, unless nothing is known of any drill
    // because the state was damaged: then nothing is proven until the next.
    if (settings->when.schedule && (set.last_drill || !world.is_history_lost())) co_return;
    if (set.pays_drill || set.running == drilling) co_return;
    const Paying paying(set);
    const Inventory seen = *set.inventory;
    const auto asked = co_await owed_by(world, set, seen);
    if (!asked) co_return;

    const DrillTurn turn = co_await turn_to_drill(world, set);
    // Someone else may have drilled it meanwhile (a person, or the world before a reload), and a
    // newer one may lie there.
    const Inventory inventory = co_await set.source->list();
    auto owed = co_await owed_by(world, set, inventory);
    if (owed) co_await drill_owed(world, set, std::move(*owed));
}

}  // namespace backupwatch
