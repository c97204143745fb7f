// The part of Delivery that takes in what is to be told, in the order in which it was recorded.
#include "core/failure.hpp"
#include "core/quoted_line.hpp"
#include "deliver/lane_work.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace backupwatch {
namespace {

/// So many notices told from memory are remembered after they went: one may still come back with
/// a commit that was under way.
constexpr std::ptrdiff_t most_made_up = 1000;
/// Lanes wait no longer for a state that cannot be read: late is worse than out of order.
constexpr Duration longest_hold = std::chrono::seconds(30);
/// So many notices told from memory find room between two that are recorded.
constexpr std::int64_t step_of_order = std::int64_t{1} << 20;

LaneState recalled(const KeptLane& lane, Tick tick) {
    LaneState state;
    state.failures = lane.failures;
    if (lane.not_before) {
        state.not_before = tick.uptime + remaining_wait(*lane.not_before, tick.now);
        state.waits_as_asked = true;
    }
    state.is_broken = lane.is_broken;
    state.refused = lane.refused;
    state.error = lane.error;
    state.failing_since = lane.failing_since;
    state.certificate = lane.certificate;
    return state;
}

/// Whether nothing is known yet of how sending goes that what was kept would undo.
bool is_fresh(const LaneState& state) {
    return state.sent.empty() && state.failures == 0 && !state.failing_since;
}

}  // namespace

KeptLane kept(const LaneQueue& queue, Tick tick) {
    const LaneState& state = queue.state();
    KeptLane lane;
    lane.endpoint = queue.endpoint();
    lane.failures = state.failures;
    lane.refused = state.refused;
    // Whoever starts us again may have mended what is broken.
    const bool is_obeyed = state.not_before && (state.waits_as_asked || !state.is_broken);
    if (is_obeyed) lane.not_before = tick.now + (*state.not_before - tick.uptime);
    lane.is_broken = state.is_broken;
    lane.error = state.error;
    lane.failing_since = state.failing_since;
    lane.certificate = state.certificate;
    return lane;
}

Task<> Delivery::recall() {
    // What came meanwhile may again have something before it.
    for (int turn = 0; turn < 3; ++turn) {
        Outbox outbox = co_await store_.outbox(last_seen_);
        recall_lanes(outbox.lanes);
        // Another recall may have been here; what it brought may be told and forgotten.
        std::erase_if(outbox.pending, [&](const Pending& one) { return one.order <= last_seen_; });
        for (const Pending& pending : outbox.pending) {
            last_seen_ = std::max(last_seen_, pending.order);
        }
        last_seen_ = std::max(last_seen_, outbox.last);
        enqueue(std::move(outbox.pending));
        forget_told();
        if (newest_ <= last_seen_) break;
    }
    if (newest_ <= last_seen_) release();
}

void Delivery::recall_lanes(const std::vector<KeptLane>& lanes) {
    if (std::exchange(are_lanes_recalled_, true)) return;
    for (const KeptLane& lane : lanes) {
        LaneQueue& queue = work_of(lane.endpoint).queue;
        if (is_fresh(queue.state())) queue.set_state(recalled(lane, tick()));
    }
}

/// What was told up to the number that was read last comes no more.
void Delivery::forget_told() {
    std::set<std::int64_t> waiting;
    for (const auto& [endpoint, work] : lanes_) {
        for (const Pending& pending : work->queue.queue()) waiting.insert(pending.id);
    }
    auto made_up = std::distance(known_.begin(), known_.lower_bound(0)) - most_made_up;
    std::erase_if(known_, [&](std::int64_t known) {
        if (waiting.contains(known) || known > last_seen_) return false;
        // The oldest have the lowest numbers.
        return known > 0 || made_up-- > 0;
    });
}

void Delivery::add(std::vector<Pending> notices) {
    std::erase_if(notices, [&](const Pending& one) { return one.id > 0 && one.id <= last_seen_; });
    for (const Pending& pending : notices) {
        if (pending.id > 0) note_number(pending.order);
    }
    enqueue(std::move(notices));
}

void Delivery::enqueue(std::vector<Pending> notices) {
    std::map<LaneWork*, Settlement> moved;
    for (Pending& pending : notices) {
        if (!known_.insert(pending.id).second) continue;
        pending.order = pending.order > 0 ? pending.order * step_of_order : last_order_ + 1;
        last_order_ = std::max(last_order_, pending.order);
        const Lane before = pending.lane;
        Lane current = before;
        look_up(current);
        LaneWork& work = work_of(current.endpoint);
        if (backupwatch::readdress(pending, current)) note_move(moved[&work], before, pending);
        work.lane = pending.lane;
        work.queue.add(std::move(pending));
        work.wake();
    }
    for (auto& [work, settlement] : moved) note_moved(*work, std::move(settlement));
}

/// Where another process recorded something in between, that is read before anything is sent: it
/// may be the beginning of what this is the end of.
void Delivery::note_number(std::int64_t number) {
    newest_ = std::max(newest_, number);
    if (number <= last_seen_) return;
    if (number == last_seen_ + 1) {
        last_seen_ = number;
        return;
    }
    if (held_since_) return;
    held_since_ = clock_.uptime();
    scope_.spawn("outbox", look());
}

void Delivery::release() {
    if (!held_since_) return;
    held_since_.reset();
    for (auto& [endpoint, work] : lanes_) work->wake();
    if (!std::exchange(is_ready_, true)) events.ready();
}

void Delivery::renumber(const std::vector<KeptNotice>& recorded) {
    std::map<std::int64_t, std::int64_t> incidents;
    for (const KeptNotice& kept : recorded) {
        incidents[kept.pending.id] = kept.pending.notice.incident;
        if (kept.is_new) note_number(kept.pending.order);
    }
    for (auto& [endpoint, work] : lanes_) work->queue.renumber(incidents);
}

Task<> Delivery::look() {
    try {
        co_await recall();
    } catch (const Failure& failure) {
        spdlog::warn("cannot read the outbox error={}", quoted_line(failure.what()));
    }
    if (held_since_ && clock_.uptime() - *held_since_ >= longest_hold) release();
}

Task<> Delivery::run() {
    for (;;) {
        co_await look();
        last_look_ = clock_.awake();
        co_await pause(clock_, look_period);
    }
}

}  // namespace backupwatch
