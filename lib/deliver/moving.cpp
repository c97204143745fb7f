// The part of Delivery that follows a receiver whose name or address is changed.
#include "deliver/lane_work.hpp"

#include <utility>

namespace backupwatch {

/// What speaks to this lane now: under its endpoint, or, where that was changed, under its name.
const ConfiguredNotifier* Delivery::notifier_of(const Lane& lane, Lane& current) const {
    const ConfiguredNotifier* best = nullptr;
    Likeness most = Likeness::none;
    for (const ConfiguredNotifier& configured : notifiers_) {
        for (const Lane& known : configured.notifier->lanes()) {
            const Likeness how_alike = likeness(known, lane);
            if (how_alike <= most) continue;
            most = how_alike;
            current = known;
            best = &configured;
        }
    }
    return best;
}

/// In place of a lane the one that the same receiver has now; its own, where there is none.
void Delivery::look_up(Lane& lane) const {
    const Lane before = lane;
    notifier_of(before, lane);
}

/// What waits is of the lane that the configuration has now, in the state and the ledger too: the
/// next change begins there.
void Delivery::readdress(LaneWork& work) {
    look_up(work.lane);
    const auto current = [this](Lane& lane) { look_up(lane); };
    Settlement moved;
    for (auto& [before, pending] : work.queue.readdress(current)) {
        note_move(moved, before, pending);
    }
    note_moved(work, std::move(moved));
}

void Delivery::note_move(Settlement& moved, const Lane& before, const Pending& pending) const {
    moved.changed.push_back(pending);
    const Notice& notice = pending.notice;
    if (notice.incident == 0) return;
    moved.answers.push_back(
        {before, pending.lane, notice.incident, notice.made_at, Arrival::queued, clock_.now()}
    );
}

/// Recorded by the lane's own task, which may be recording something else now.
void Delivery::note_moved(LaneWork& work, Settlement moved) {
    if (moved.changed.empty()) return;
    moved.lane = kept(work.queue, tick());
    events.settled(moved, false);
    work.moved = after_moved(work, std::move(moved));
}

/// With what was moved before, so that the ledger is told in the order in which it came.
Settlement Delivery::after_moved(LaneWork& work, Settlement later) {
    if (!work.moved) return later;
    Settlement all = std::move(*work.moved);
    work.moved.reset();
    backupwatch::add(all, std::move(later));
    return all;
}

/// One queue for one receiver, so that what comes later is told later, whatever its endpoint is.
void Delivery::choose_heir(LaneWork& work) {
    if (work.heir != nullptr) --work.heir->predecessors;
    work.heir = nullptr;
    const std::string& home = work.lane.endpoint;
    if (home.empty() || home == work.queue.endpoint()) return;
    work.heir = &work_of(home);
    ++work.heir->predecessors;
    if (!work.is_sending) hand_over(work);
}

void Delivery::hand_over(LaneWork& work) {
    LaneWork* const heir = std::exchange(work.heir, nullptr);
    if (heir == nullptr) return;
    for (Pending& pending : work.queue.take_all()) {
        heir->lane = pending.lane;
        heir->queue.add(std::move(pending));
    }
    --heir->predecessors;
    heir->wake();
}

}  // namespace backupwatch
