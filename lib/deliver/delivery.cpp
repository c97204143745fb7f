#include "deliver/delivery.hpp"

#include "async/either.hpp"
#include "deliver/lane_work.hpp"

#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

void add_health(NotifierHealth& health, const Lane& lane, const LaneQueue& queue) {
    health.pending += queue.queue().size();
    for (const Pending& pending : queue.queue()) {
        const Instant made_at = pending.notice.made_at;
        if (!health.oldest || made_at < *health.oldest) health.oldest = made_at;
    }
    const LaneState& state = queue.state();
    if (!state.sent.empty())
        health.last_sent = std::max(health.last_sent, std::optional(state.sent.back()));
    keep_first_to_expire(health.certificate, state.certificate);
    const bool fails_longer = state.failing_since && (!health.failing_since ||
                                                      *state.failing_since < *health.failing_since);
    if (!fails_longer) return;
    health.failing_since = state.failing_since;
    health.error = state.error;
    health.failing = name_of(lane);
}

}  // namespace

Delivery::Delivery(Clock& clock, Store& store, Scope& scope, asio::any_io_executor executor)
    : clock_(clock),
      store_(store),
      scope_(scope),
      executor_(std::move(executor)),
      held_since_(clock.uptime()),
      last_look_(clock.awake()) {}

Delivery::~Delivery() = default;

void Delivery::use(std::vector<ConfiguredNotifier> notifiers) {
    notifiers_ = std::move(notifiers);
    for (const auto& configured : notifiers_) {
        for (const Lane& lane : configured.notifier->lanes()) work_of(lane.endpoint);
    }
    // Whoever changed the configuration may have mended what was broken.
    for (auto& [endpoint, work] : lanes_) {
        readdress(*work);
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

Task<> Delivery::wait_for_news(LaneWork& work) {
    boost::system::error_code woken;
    co_await work.news.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

Task<> Delivery::carry(LaneWork& work) {
    for (;;) {
        work.has_news = false;
        hand_over(work);
        co_await catch_up_recording(work);
        if (held_since_) {
            const Duration longest = work.until_recording(clock_.uptime());
            co_await wait(work, longest);
            continue;
        }
        Tick now = tick();
        if (is_fold_due(work, now)) {
            co_await merge(work);
            now = tick();
        }
        if (std::exchange(work.is_to_record, false)) {
            Settlement nothing_sent;
            co_await record(work, std::move(nothing_sent));
            now = tick();
        }
        const auto pause = co_await send_next(work, now);
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

void Delivery::note_certificate(const std::string& endpoint, const Certificate& certificate) {
    const auto found = lanes_.find(endpoint);
    if (found == lanes_.end()) return;
    LaneWork& work = *found->second;
    work.queue.set_certificate({certificate, clock_.now()});
    work.is_to_record = true;
    work.wake();
    events.health_changed();
}

std::vector<NotifierHealth> Delivery::health() const {
    std::vector<NotifierHealth> all;
    for (const ConfiguredNotifier& configured : notifiers_) {
        NotifierHealth& health = all.emplace_back();
        health.name = configured.name;
        health.is_broken = true;
        health.is_failing = true;
        for (const Lane& lane : configured.notifier->lanes()) {
            const auto work = lanes_.find(lane.endpoint);
            const LaneQueue* queue = work == lanes_.end() ? nullptr : &work->second->queue;
            if (queue == nullptr || !queue->state().is_broken) health.is_broken = false;
            if (queue == nullptr || !queue->state().failing_since) health.is_failing = false;
            if (queue != nullptr) add_health(health, lane, *queue);
        }
    }
    return all;
}

bool Delivery::is_idle() const {
    return std::all_of(lanes_.begin(), lanes_.end(), [](const auto& entry) {
        return entry.second->queue.queue().empty() && !entry.second->unrecorded &&
               !entry.second->moved;
    });
}

}  // namespace backupwatch
