#include "deliver/lane_queue.hpp"

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::size_t quickly_folded = 100;

}  // namespace

void LaneQueue::add(Pending pending) {
    queue_.push_back(std::move(pending));
    is_folded_ = false;
    ++added_;
}

std::vector<Pending> LaneQueue::take_all() {
    is_folded_ = true;
    added_ = 0;
    return std::exchange(queue_, {});
}

std::vector<std::pair<Lane, Pending>> LaneQueue::readdress(const std::function<void(Lane&)>& current
) {
    std::vector<std::pair<Lane, Pending>> moved;
    for (Pending& pending : queue_) {
        const Lane before = pending.lane;
        Lane lane = before;
        current(lane);
        if (backupwatch::readdress(pending, lane)) moved.emplace_back(before, pending);
    }
    return moved;
}

void LaneQueue::renumber(const std::map<std::int64_t, std::int64_t>& incidents) {
    for (Pending& pending : queue_) {
        const auto found = incidents.find(pending.id);
        if (found != incidents.end()) pending.notice.incident = found->second;
    }
    is_folded_ = false;
}

std::map<std::int64_t, const Pending*> LaneQueue::find(const std::vector<Pending>& sent) const {
    std::set<std::int64_t> wanted;
    for (const Pending& pending : sent) wanted.insert(pending.id);
    std::map<std::int64_t, const Pending*> found;
    for (const Pending& pending : queue_) {
        if (wanted.contains(pending.id)) found.emplace(pending.id, &pending);
    }
    return found;
}

bool LaneQueue::has_grown() const {
    if (is_folded_ || queue_.empty()) return false;
    // What was put off makes way for what was never shown.
    return queue_.front().put_off > 0 || queue_.size() <= quickly_folded ||
           added_ * 3 >= queue_.size();
}

LaneQueue::Merged LaneQueue::fold_now() {
    if (is_folded_) return {};
    is_folded_ = true;
    added_ = 0;
    Folded folded = fold(std::move(queue_));
    queue_ = std::move(folded.queue);
    return {std::move(folded.changed), std::move(folded.merged_away), std::move(folded.dropped)};
}

std::vector<Pending> LaneQueue::opened_with(
    const std::string& route, const std::vector<Pending>& sent
) {
    std::set<std::int64_t> incidents;
    for (const Pending& pending : sent) {
        if (pending.lane.pages) incidents.insert(pending.notice.incident);
    }
    incidents.erase(0);
    std::vector<Pending> changed;
    for (Pending& pending : queue_) {
        if (pending.lane.route == route || !incidents.contains(pending.notice.incident)) continue;
        pending.lane.route = route;
        changed.push_back(pending);
    }
    return changed;
}

Parcel LaneQueue::parcel(const std::vector<std::int64_t>& ids) const {
    Parcel parcel;
    const std::set<std::int64_t> wanted(ids.begin(), ids.end());
    for (const Pending& pending : queue_) {
        if (wanted.contains(pending.id)) parcel.entries.push_back(pending);
    }
    if (parcel.entries.empty()) return parcel;
    parcel.is_tried = parcel.entries.front().batch != 0;
    return parcel;
}

std::string name_of(const Parcel& parcel) {
    // The order may have changed since it was sent first.
    const auto namesake = std::ranges::find_if(parcel.entries, [](const Pending& pending) {
        return pending.id == pending.batch;
    });
    const Pending& first = namesake == parcel.entries.end() ? parcel.entries.front() : *namesake;
    // The number alone would come again with a new state after a damaged one.
    const auto made_at = first.notice.made_at.time_since_epoch().count();
    // Of the endpoint that it was made for: it is the same message where that has changed.
    const std::string& endpoint = first.named_for.empty() ? first.lane.endpoint : first.named_for;
    std::string name = endpoint + "-" + std::to_string(made_at) + "-" +
                       std::to_string(first.batch == 0 ? first.id : first.batch);
    if (parcel.entries.size() == 1) return name;
    // A storm is another message than the one that its first notice would have been.
    std::int64_t highest = first.id;
    for (const Pending& pending : parcel.entries) highest = std::max(highest, pending.id);
    return name + "-" + std::to_string(parcel.entries.size()) + "-" + std::to_string(highest);
}

void LaneQueue::settled(const Settled& settled) {
    state_ = settled.lane;
    std::set<std::int64_t> gone(settled.done.begin(), settled.done.end());
    gone.insert(settled.dropped.begin(), settled.dropped.end());
    gone.insert(settled.unclear.begin(), settled.unclear.end());
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
        // What waited behind one that is gone may be urgent. Otherwise the order stays: in a storm
        // each fold of all that waits takes longer than a send.
        if (ended.contains(pending.notice.incident)) is_folded_ = false;
        if (found == changed.end()) continue;
        // It may have been given another number meanwhile, and another address.
        const Pending before = std::exchange(pending, *found->second);
        pending.notice.incident = before.notice.incident;
        pending.named_for = before.named_for;
        backupwatch::readdress(pending, before.lane);
    }
    if (!changed.empty()) is_folded_ = false;
}

}  // namespace backupwatch
