#include "core/backup/drill_due.hpp"
#include "core/backup/drill_slot.hpp"
#include "core/quoted_line.hpp"
#include "watch/drill_work.hpp"
#include "watch/observe.hpp"
#include "watch/work.hpp"

#include <spdlog/spdlog.h>

#include <optional>
#include <utility>
#include <vector>

namespace backupwatch {
namespace {

/// Enough to see that a drill could not be run several times on the newest backup.
constexpr int recent_drills = 10;
/// The kind of the slots of drills that follow a backup; those of a schedule are of kind `drill`.
constexpr const char* after_backup = "after_backup";

/// The backup of this inventory that owes a drill now, or nothing.
Task<std::optional<Backup>> owed_by(World& world, WatchedSet& set, const Inventory& inventory) {
    const auto records =
        co_await world.store.drills(set.database, set.settings.name, recent_drills);
    std::vector<DrillOutcome> drills;
    for (const DrillRecord& record : records) {
        if (is_judged(record)) drills.push_back(record.outcome);
    }
    // What the store refused to keep is known here all the same.
    if (set.judged_drill && set.judged_drill->result != DrillOutcome::Result::unknown) {
        drills.push_back(*set.judged_drill);
    }
    const Backup* due = drill_due(inventory, drills, world.clock.now());
    if (due == nullptr) co_return std::nullopt;
    co_return *due;
}

/// Decides by what was begun before. In the set's turn.
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
        AskedBy::schedule,
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

Task<> pay_drill(World& world, WatchedSet& set) {
    const auto& settings = set.settings.drill;
    if (!settings || !set.inventory) co_return;
    // A set with a schedule of its own owes none in between, unless nothing is known of any drill
    // because the state was damaged: then nothing is proven until the next.
    if (settings->when.schedule && (set.judged_drill || !world.is_history_lost())) co_return;
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
