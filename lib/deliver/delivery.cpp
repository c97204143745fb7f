#include "deliver/delivery.hpp"

#include "async/either.hpp"
#include "core/failure.hpp"
#include "core/quoted_line.hpp"
#include "deliver/lane_work.hpp"

#include <boost/asio/redirect_error.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace backupwatch {
namespace {

/// So many notices told from memory are remembered after they went: one may still come back with
/// a commit that was under way.
constexpr std::ptrdiff_t most_made_up = 1000;

LaneState recalled(const KeptLane& lane, Tick tick) {
    LaneState state;
    state.failures = lane.failures;
    // Whoever started us may have mended what was broken.
    if (lane.not_before && !lane.is_broken) {
        state.not_before = tick.uptime + remaining_wait(*lane.not_before, tick.now);
    }
    state.is_broken = lane.is_broken;
    state.error = lane.error;
    state.failing_since = lane.failing_since;
    return state;
}

void add_health(NotifierHealth& health, const Lane& lane, const LaneQueue& queue) {
    health.pending += queue.queue().size();
    for (const Pending& pending : queue.queue()) {
        const Instant made_at = pending.notice.made_at;
        if (!health.oldest || made_at < *health.oldest) health.oldest = made_at;
    }
    const LaneState& state = queue.state();
    const bool fails_longer = state.failing_since && (!health.failing_since ||
                                                      *state.failing_since < *health.failing_since);
    if (!fails_longer) return;
    health.failing_since = state.failing_since;
    health.error = state.error;
    health.failing = name_of(lane);
}

}  // namespace

Delivery::Delivery(Clock& clock, Store& store, Scope& scope, asio::any_io_executor executor)
    : clock_(clock), store_(store), scope_(scope), executor_(std::move(executor)) {}

Delivery::~Delivery() = default;

void Delivery::use(std::vector<ConfiguredNotifier> notifiers) {
    notifiers_ = std::move(notifiers);
    for (const auto& configured : notifiers_) {
        for (const Lane& lane : configured.notifier->lanes()) work_of(lane.endpoint);
    }
    // Whoever changed the configuration may have mended what was broken.
    for (auto& [endpoint, work] : lanes_) {
        choose_heir(*work);
        if (work->queue.state().is_broken) work->queue.try_now();
        work->wake();
    }
}

Delivery::LaneWork& Delivery::work_of(const std::string& endpoint) {
    auto& work = lanes_[endpoint];
    if (!work) {
        work = std::make_unique<LaneWork>(endpoint, executor_);
        scope_.spawn("delivery", carry(*work));
    }
    return *work;
}

/// The endpoint that such a notice is sent to now: its own, or, where no notifier has that, of the
/// same name.
std::string Delivery::home_of(const Lane& lane) const {
    Lane current = lane;
    notifier_of(lane, current);
    return current.endpoint;
}

/// One queue for one receiver, so that what comes later is told later, whatever its endpoint is.
void Delivery::choose_heir(LaneWork& work) {
    if (work.heir != nullptr) --work.heir->predecessors;
    work.heir = nullptr;
    const std::string home = home_of(work.lane);
    const bool stays = work.lane.endpoint.empty() || home == work.queue.endpoint();
    if (stays) return;
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

Task<> Delivery::recall() {
    const Outbox outbox = co_await store_.outbox(last_seen_);
    if (!are_lanes_recalled_) {
        are_lanes_recalled_ = true;
        for (const KeptLane& lane : outbox.lanes) {
            work_of(lane.endpoint).queue.set_state(recalled(lane, tick()));
        }
    }
    add(outbox.pending);
    for (const Pending& pending : outbox.pending) last_seen_ = std::max(last_seen_, pending.order);
    forget_told();
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
    for (Pending& pending : notices) {
        if (!known_.insert(pending.id).second) continue;
        pending.order = ++last_order_;
        LaneWork& work = work_of(home_of(pending.lane));
        work.lane = pending.lane;
        work.queue.add(std::move(pending));
        work.wake();
    }
}

void Delivery::renumber(const std::vector<KeptNotice>& recorded) {
    std::map<std::int64_t, std::int64_t> incidents;
    for (const KeptNotice& kept : recorded) {
        incidents[kept.pending.id] = kept.pending.notice.incident;
    }
    for (auto& [endpoint, work] : lanes_) work->queue.renumber(incidents);
}

Task<> Delivery::run() {
    for (;;) {
        try {
            co_await recall();
        } catch (const Failure& failure) {
            spdlog::warn("cannot read the outbox error={}", quoted_line(failure.what()));
        }
        co_await pause(clock_, look_period);
    }
}

Task<> Delivery::wait_for_news(LaneWork& work) {
    boost::system::error_code woken;
    co_await work.news.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

/// What speaks to this lane now: under its endpoint, or, where that was changed, under its name.
const ConfiguredNotifier* Delivery::notifier_of(const Lane& lane, Lane& current) const {
    const ConfiguredNotifier* by_name = nullptr;
    for (const ConfiguredNotifier& configured : notifiers_) {
        for (const Lane& known : configured.notifier->lanes()) {
            if (known.endpoint == lane.endpoint) {
                current = known;
                return &configured;
            }
            if (known.notifier == lane.notifier && known.recipient == lane.recipient) {
                current = known;
                by_name = &configured;
            }
        }
    }
    return by_name;
}

Task<> Delivery::carry(LaneWork& work) {
    for (;;) {
        work.has_news = false;
        hand_over(work);
        co_await catch_up_recording(work);
        co_await merge(work);
        const auto pause = co_await send_next(work);
        if (pause) co_await wait(work, *pause);
    }
}

Task<> Delivery::wait(LaneWork& work, Duration duration) {
    if (work.has_news) co_return;
    auto news = wait_for_news(work);
    if (duration == forever) {
        co_await std::move(news);
        co_return;
    }
    auto time = pause(clock_, duration);
    co_await either(std::move(time), std::move(news));
}

std::vector<NotifierHealth> Delivery::health() const {
    std::vector<NotifierHealth> all;
    for (const ConfiguredNotifier& configured : notifiers_) {
        NotifierHealth& health = all.emplace_back();
        health.name = configured.name;
        health.is_broken = true;
        for (const Lane& lane : configured.notifier->lanes()) {
            const auto work = lanes_.find(lane.endpoint);
            const LaneQueue* queue = work == lanes_.end() ? nullptr : &work->second->queue;
            if (queue == nullptr || !queue->state().is_broken) health.is_broken = false;
            if (queue != nullptr) add_health(health, lane, *queue);
        }
    }
    return all;
}

bool Delivery::is_idle() const {
    return std::all_of(lanes_.begin(), lanes_.end(), [](const auto& entry) {
        return entry.second->queue.queue().empty() && !entry.second->unrecorded;
    });
}

}  // namespace backupwatch
