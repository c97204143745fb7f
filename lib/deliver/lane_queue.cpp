#include "deliver/lane_queue.hpp"

#include <map>
#include <utility>

namespace backupwatch {
void LaneQueue::add(Pending pending) {
    if (!known_.insert(pending.id).second) return;
    pending.order = ++last_order_;
    queue_.push_back(std::move(pending));
    is_folded_ = false;
}

void LaneQueue::forget_up_to(std::int64_t id) {
    std::set<std::int64_t> waiting;
    for (const Pending& pending : queue_) waiting.insert(pending.id);
    std::erase_if(known_, [&](std::int64_t known) {
        return known > 0 && known <= id && !waiting.contains(known);
    });
}

LaneQueue::Merged LaneQueue::fold_now() {
    if (is_folded_) return {};
    is_folded_ = true;
    Folded folded = fold(std::move(queue_));
    queue_ = std::move(folded.queue);
    return {std::move(folded.changed), std::move(folded.merged_away)};
}

Parcel LaneQueue::parcel(const std::vector<std::int64_t>& ids) const {
    Parcel parcel;
    const std::set<std::int64_t> wanted(ids.begin(), ids.end());
    for (const Pending& pending : queue_) {
        if (wanted.contains(pending.id)) parcel.entries.push_back(pending);
    }
    if (parcel.entries.empty()) return parcel;
    parcel.is_tried = parcel.entries.front().batch != 0;
    // The number alone would come again with a new state after a damaged one.
    const Pending& first = parcel.entries.front();
    parcel.id = endpoint_ + "-" + std::to_string(first.notice.made_at.time_since_epoch().count()) +
                "-" + std::to_string(first.batch == 0 ? first.id : first.batch);
    // A storm is another message than the one that its first notice would have been.
    if (parcel.entries.size() > 1) {
        parcel.id += "-" + std::to_string(parcel.entries.size()) + "-" +
                     std::to_string(parcel.entries.back().id);
    }
    return parcel;
}

void LaneQueue::settled(const Settled& settled) {
    state_ = settled.lane;
    std::set<std::int64_t> gone(settled.done.begin(), settled.done.end());
    gone.insert(settled.dropped.begin(), settled.dropped.end());
    std::map<std::int64_t, const Pending*> changed;
    for (const Pending& pending : settled.again) changed.emplace(pending.id, &pending);
    std::set<std::int64_t> ended;
    std::erase_if(queue_, [&](const Pending& pending) {
        if (!gone.contains(pending.id)) return false;
        ended.insert(pending.notice.incident);
        return true;
    });
    for (Pending& pending : queue_) {
        const auto found = changed.find(pending.id);
        if (found != changed.end()) pending = *found->second;
        // What waited behind one that is gone may be urgent. Otherwise the order stays: in a storm
        // each fold of all that waits takes longer than a send.
        if (ended.contains(pending.notice.incident)) is_folded_ = false;
    }
    if (!changed.empty()) is_folded_ = false;
}

}  // namespace backupwatch
