#include "watch/shapes.hpp"

#include "async/as_failure.hpp"
#include "core/failure.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace backupwatch {
namespace {

/// Completed ones and not from the future, oldest first.
std::vector<Backup> completed(const Inventory& inventory, Instant now) {
    std::vector<Backup> all;
    for (const Backup& backup : inventory.backups) {
        const bool counts = backup.status == BackupStatus::completed && instant_of(backup) <= now;
        if (counts) all.push_back(backup);
    }
    std::ranges::stable_sort(all, {}, [](const Backup& backup) {
        return std::pair(instant_of(backup), backup.id);
    });
    return all;
}

/// What nobody has any more, nobody can hold anything against, unless what it held was taken along.
/// One that is only damaged, or cannot be read for now, is there.
void forget_removed(ShapeJudgement& known, const Inventory& inventory) {
    std::erase_if(known.losses, [&](const ShapeLoss& loss) {
        const bool is_kept = std::ranges::count(known.lost_shapes, loss.reference, &Shape::id) > 0;
        return !is_kept && std::ranges::count(inventory.backups, loss.reference, &Backup::id) == 0;
    });
}

/// None: it went meanwhile, or the source cannot tell.
Task<std::optional<Shape>> read_shape(WatchedSet& set, std::string id) {
    try {
        auto reading = as_failure(set.source->shape(id));
        std::optional<Shape> shape = co_await std::move(reading);
        co_return shape;
    } catch (const Failure& failure) {
        if (failure.kind() != Failure::Kind::missing) throw;
    }
    co_return std::nullopt;
}

/// One comparison after the other. Manifests are read for that and not kept (of ten thousand
/// databases they would take too much room), unless others may remove the dumps.
class Comparison {
  public:
    Comparison(WatchedSet& set, ShapeJudgement known, std::vector<Backup> dumps)
        : set_(set),
          known_(std::move(known)),
          dumps_(std::move(dumps)),
          keeps_(!set.source->can_take()) {}

    Task<> run() {
        std::string before_id;
        for (const Backup& dump : dumps_) {
            if (is_compared(dump)) {
                before_id = dump.id;
                continue;
            }
            const bool is_kept = keeps_ && known_.newest_shape;
            if (!is_kept && !before_id.empty()) {
                before_ = co_await read_shape(set_, before_id);
            }
            before_id.clear();
            if (!keeps_) co_await read_held();
            std::optional<Shape> shape = co_await read_shape(set_, dump.id);
            if (!shape) continue;
            judge(std::move(*shape), instant_of(dump));
        }
    }

    /// At the end, and once.
    ShapeJudgement take_known() { return std::move(known_); }

  private:
    bool is_compared(const Backup& dump) const {
        return std::pair(instant_of(dump), dump.id) <= std::pair(known_.newest_at, known_.newest);
    }

    /// One that does not read as completed now keeps what was lost as it was.
    Task<> read_held() {
        for (const Backup& dump : dumps_) {
            const bool is_held =
                std::ranges::count(known_.losses, dump.id, &ShapeLoss::reference) > 0;
            if (!is_held || held_.contains(dump.id)) continue;
            std::optional<Shape> shape = co_await read_shape(set_, dump.id);
            if (shape) held_.emplace(dump.id, std::move(*shape));
        }
    }

    /// None is copied: of thousands of tables each is megabytes.
    void judge(Shape next, Instant at) {
        const Shape* before = before_ ? &*before_ : nullptr;
        if (keeps_) {
            // Also of one that is gone, or was written over since.
            if (known_.newest_shape) before = &*known_.newest_shape;
            known_ = judge_next_and_keep(known_, before, std::move(next), at);
            return;
        }
        known_ = judge_next(known_, before, held_, next, at);
        const bool is_anew =
            before_ && !known_.losses.empty() && known_.losses.back().reference == before_->id;
        if (is_anew) held_.emplace(before_->id, *before_);
        before_ = std::move(next);
    }

    WatchedSet& set_;
    ShapeJudgement known_;
    std::vector<Backup> dumps_;
    bool keeps_;
    std::optional<Shape> before_;
    std::map<std::string, Shape> held_;
};

/// False: the state does not say. Then nothing is compared: what was accepted would be told again.
/// A state that is in memory from the start is told by itself; one that refuses only this is not.
Task<bool> recall_shape(World& world, WatchedSet& set) {
    SetMemory& memory = *set.memory;
    if (memory.is_shape_recalled) co_return true;
    if (!world.state_alarm.empty()) co_return false;
    try {
        memory.shape = co_await world.store.shape(set.database, set.settings.name);
        memory.is_shape_recalled = true;
    } catch (const Failure& failure) {
        world.note_store(failure.what());
        memory.shape_error = std::string("the state could not be read: ") + failure.what();
    }
    co_return memory.is_shape_recalled;
}

Task<> keep_shape(World& world, WatchedSet& set) {
    SetMemory& memory = *set.memory;
    if (!memory.shape || memory.is_shape_kept) co_return;
    try {
        co_await world.store.keep_shape(set.database, set.settings.name, *memory.shape);
        memory.is_shape_kept = true;
    } catch (const Failure& failure) {
        world.note_store(failure.what());
    }
}

}  // namespace

Task<> compare_shapes(World& world, WatchedSet& set, Inventory inventory, Instant now) {
    SetMemory& memory = *set.memory;
    const auto turn = co_await memory.shape_turn.acquire();
    std::vector<Backup> dumps = completed(inventory, now);
    // Without any, what is known of earlier ones is of no use.
    if (dumps.empty() && !memory.is_shape_recalled) co_return;
    const bool is_recalled = co_await recall_shape(world, set);
    if (!is_recalled) co_return;
    ShapeJudgement known = memory.shape.value_or(ShapeJudgement());
    forget_removed(known, inventory);
    Comparison comparison(set, std::move(known), std::move(dumps));
    std::string error;
    try {
        const auto place = co_await world.checks.acquire();
        co_await comparison.run();
    } catch (const Failure& failure) {
        error = failure.what();
    }
    memory.shape_error = std::move(error);
    ShapeJudgement judged = comparison.take_known();
    if (!judged.newest.empty() && memory.shape != judged) {
        memory.shape = std::move(judged);
        memory.is_shape_kept = false;
    }
    co_await keep_shape(world, set);
}

std::set<std::string> held_for_shape(const WatchedSet& set) {
    const SetMemory& memory = *set.memory;
    const std::string why =
        memory.is_shape_recalled ? memory.shape_error : "the state could not be read";
    if (!why.empty()) {
        throw Failure(
            Failure::Kind::missing, "what they hold cannot be compared, so all stay: " + why
        );
    }
    std::set<std::string> held;
    if (!memory.shape) return held;
    held.insert(memory.shape->newest);
    for (const ShapeLoss& loss : memory.shape->losses) held.insert(loss.reference);
    return held;
}

Task<ShapeJudgement> accept_shape(World& world, WatchedSet& set) {
    SetMemory& memory = *set.memory;
    const auto turn = co_await memory.shape_turn.acquire();
    ShapeJudgement accepted = memory.shape.value_or(ShapeJudgement());
    ShapeJudgement now = accepted;
    now.losses.clear();
    now.lost_shapes.clear();
    co_await world.store.keep_shape(set.database, set.settings.name, now);
    memory.shape = std::move(now);
    memory.is_shape_kept = true;
    co_return accepted;
}

}  // namespace backupwatch
