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
    record_later(work, std::move(moved));
}

void Delivery::note_move(Settlement& moved, const Lane& before, const Pending& pending) const {
    moved.changed.push_back(pending);
    const Notice& notice = pending.notice;
    if (notice.incident == 0) return;
    moved.answers.push_back(
        {before, pending.lane, notice.incident, notice.made_at, Arrival::queued, clock_.now()}
    );
}

/// With what the store refused.
void Delivery::record_later(LaneWork& work, Settlement settlement) {
    if (settlement.changed.empty()) return;
    settlement.lane = kept(work.queue, tick());
    events.settled(settlement, false);
    if (work.unrecorded) {
        backupwatch::add(*work.unrecorded, std::move(settlement));
    } else {
        work.unrecorded = std::move(settlement);
    }
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
