#include "core/backup/drill_due.hpp"
#include "core/backup/drill_slot.hpp"
#include "core/quoted_line.hpp"
#include "watch/drill_work.hpp"
#include "watch/look_and_commit.hpp"
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

/// The verdicts that need no state: also of what that refused to keep.
std::vector<DrillOutcome> known_verdicts(const WatchedSet& set) {
    std::vector<DrillOutcome> verdicts;
    if (set.judged_drill && set.judged_drill->result != DrillOutcome::Result::unknown) {
        verdicts.push_back(*set.judged_drill);
    }
    if (set.older_pass) verdicts.push_back(set.older_pass->outcome);
    return verdicts;
}

/// The backup of this inventory that owes a drill now, or nothing.
Task<std::optional<Backup>> owed_by(World& world, WatchedSet& set, const Inventory& inventory) {
    auto drills =
        co_await world.store.judged_drills(set.database, set.settings.name, recent_drills);
    for (DrillOutcome& verdict : known_verdicts(set)) drills.push_back(std::move(verdict));
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
        co_await look_and_commit(world, set, std::move(outcome));
        world.on_owed_ended(set, SlotResult::interrupted);
        co_return;
    }
    if (!decision.begin) co_return;
    const Instant now = world.clock.now();
    co_await world.store.open_slot(stream, *decision.begin, now);
    world.on_owed_begun(set, now - backup.finished_at.value_or(backup.started_at));
    const auto unknown = is_last_try(*decision.begin) ? Unknown::closes : Unknown::is_tried_again;
    const SlotResult result =
        co_await drill_for_slot(world, set, std::move(backup), std::move(slot), unknown);
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

bool may_owe_drill(const World& world, const WatchedSet& set) {
    const auto& settings = set.settings.drill;
    if (!settings || !set.inventory) return false;
    // A set with a schedule of its own owes none in between, unless nothing is known of any drill
    // because the state was damaged: then nothing is proven until the next.
    if (settings->when.schedule && (set.judged_drill || !world.is_history_lost())) return false;
    if (set.pays_drill || set.running == drilling) return false;
    return drill_due(*set.inventory, known_verdicts(set), world.clock.now()) != nullptr;
}

Task<> pay_drill(World& world, WatchedSet& set) {
    if (!may_owe_drill(world, set)) co_return;
    const Paying paying(set);
    const auto asked = co_await owed_by(world, set, *set.inventory);
    if (!asked) co_return;

    const DrillTurn turn = co_await turn_to_drill(world, set);
    // The settings that it waited under hold no more. The next look under the new ones pays.
    if (world.is_replaced()) co_return;
    // Someone else may have drilled it meanwhile (a person, or the world before a reload), and a
    // newer one may lie there.
    const Inventory inventory = co_await set.source->list();
    auto owed = co_await owed_by(world, set, inventory);
    if (owed) co_await drill_owed(world, set, std::move(*owed));
}

}  // namespace backupwatch
