#include "deliver/delivery.hpp"

#include "async/either.hpp"
#include "core/failure.hpp"
#include "core/quoted_line.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/system/system_error.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <deque>
#include <random>
#include <utility>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

/// How often the outbox is looked at for what other processes put there.
constexpr Duration look_period = 5s;

/// Until there are news.
constexpr Duration forever = Duration::max();

double by_chance() {
    static std::mt19937_64 engine{std::random_device()()};
    return std::uniform_real_distribution<double>(0, 1)(engine);
}

KeptLane kept(const std::string& endpoint, const LaneState& state, Tick tick) {
    KeptLane lane;
    lane.endpoint = endpoint;
    lane.failures = state.failures;
    if (state.not_before) lane.not_before = tick.now + (*state.not_before - tick.uptime);
    lane.is_broken = state.is_broken;
    lane.error = state.error;
    lane.failing_since = state.failing_since;
    return lane;
}

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

/// Whatever cannot even be worded is sent one by one: then a plain form of it goes out.
std::size_t fitting(const Notifier& notifier, const std::vector<Notice>& notices) {
    try {
        return std::max<std::size_t>(notifier.fits(notices), 1);
    } catch (const std::exception&) {
        return 1;
    }
}

void say(const Lane& lane, const Receipt& receipt, const Settled& settled, Duration took) {
    if (receipt.result == SendResult::delivered) {
        spdlog::info(
            "told notifier={} notices={} milliseconds={}",
            name_of(lane),
            settled.done.size(),
            took.count()
        );
        return;
    }
    spdlog::warn(
        "not told notifier={} result={} attempt={} error={}",
        name_of(lane),
        to_string(receipt.result),
        settled.lane.failures,
        quoted_line(receipt.answer)
    );
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

struct Delivery::LaneWork {
    LaneWork(std::string endpoint, const asio::any_io_executor& executor)
        : queue(std::move(endpoint)), news(executor, asio::steady_timer::time_point::max()) {}

    LaneQueue queue;
    Lane lane;                          ///< as the newest notice has it
    std::deque<Settlement> unrecorded;  ///< the store refused them
    asio::steady_timer news;
    bool has_news = false;

    void wake() {
        has_news = true;
        news.cancel();
    }
};

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

Task<> Delivery::recall() {
    const Outbox outbox = co_await store_.outbox(last_seen_);
    if (!are_lanes_recalled_) {
        are_lanes_recalled_ = true;
        for (const KeptLane& lane : outbox.lanes) {
            work_of(lane.endpoint).queue.set_state(recalled(lane, tick()));
        }
    }
    add(outbox.pending);
    for (const Pending& pending : outbox.pending) last_seen_ = std::max(last_seen_, pending.id);
    for (auto& [endpoint, work] : lanes_) work->queue.forget_up_to(last_seen_);
}

void Delivery::add(std::vector<Pending> notices) {
    for (Pending& pending : notices) {
        LaneWork& work = work_of(pending.lane.endpoint);
        work.lane = pending.lane;
        work.queue.add(std::move(pending));
        work.wake();
    }
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
        co_await catch_up_recording(work);
        co_await merge(work);
        const auto pause = co_await send_next(work);
        if (pause) co_await wait(work, *pause);
    }
}

/// What the store refused to record, in its order.
Task<> Delivery::catch_up_recording(LaneWork& work) {
    while (!work.unrecorded.empty()) {
        try {
            co_await store_.settle(work.unrecorded.front());
        } catch (const Failure&) {
            co_return;
        }
        work.unrecorded.pop_front();
    }
}

Task<> Delivery::merge(LaneWork& work) {
    LaneQueue::Merged merged = work.queue.fold_now();
    if (merged.gone.empty()) co_return;
    for (std::size_t i = 0; i < merged.gone.size(); ++i) events.counted(work.lane, "merged");
    Settlement settlement;
    settlement.changed = std::move(merged.changed);
    settlement.gone = std::move(merged.gone);
    co_await record(work, std::move(settlement));
}

/// Returns how long there is nothing to do; nothing: look again at once.
Task<std::optional<Duration>> Delivery::send_next(LaneWork& work) {
    const auto& queue = work.queue.queue();
    if (queue.empty()) co_return work.unrecorded.empty() ? forever : look_period;
    Lane lane;
    const ConfiguredNotifier* to = notifier_of(queue.front().lane, lane);
    if (to == nullptr) co_return forever;
    const std::shared_ptr<Notifier> notifier = to->notifier;
    const LaneTraits traits{notifier->takes_digests(), notifier->pace()};
    SendPlan plan = work.queue.plan(traits, tick());
    if (plan.ids.empty()) co_return plan.wait.value_or(forever);
    Parcel parcel = work.queue.parcel(plan.ids);
    if (!parcel.is_tried) {
        // A storm may be more than one message holds.
        std::vector<Notice> notices;
        for (const Pending& pending : parcel.entries) notices.push_back(pending.notice);
        const std::size_t fits = fitting(*notifier, notices);
        if (fits < parcel.entries.size()) parcel.entries.resize(fits);
    }
    co_await send(work, notifier, std::move(lane), std::move(parcel));
    co_return std::nullopt;
}

Task<> Delivery::send(
    LaneWork& work, std::shared_ptr<Notifier> notifier, Lane lane, Parcel parcel
) {
    Message message;
    message.id = parcel.id;
    for (const Pending& pending : parcel.entries) message.notices.push_back(pending.notice);
    const Pending& first = parcel.entries.front();
    message.route = first.lane.route;
    message.plain = first.plain;
    message.now = clock_.now();
    const auto began = clock_.uptime();
    const Receipt receipt = co_await notifier->send(lane, std::move(message));

    // It is known now, and must be kept: a stop waits for that.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    const bool was_failing = work.queue.state().failing_since.has_value();
    const bool was_broken = work.queue.state().is_broken;
    const Settled settled = settle(
        std::move(parcel.entries),
        work.queue.state(),
        receipt.result,
        receipt.answer,
        receipt.retry_after,
        by_chance(),
        tick()
    );
    work.queue.settled(settled);
    say(lane, receipt, settled, clock_.uptime() - began);
    for (std::size_t i = 0; i < settled.done.size(); ++i) events.counted(lane, "delivered");
    for (std::size_t i = 0; i < settled.dropped.size(); ++i) events.counted(lane, "dropped");
    if (receipt.result != SendResult::delivered) {
        events.counted(lane, to_string(receipt.result));
    }
    Settlement settlement;
    settlement.changed = settled.again;
    settlement.gone = settled.done;
    settlement.gone.insert(settlement.gone.end(), settled.dropped.begin(), settled.dropped.end());
    co_await record(work, std::move(settlement));
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    // A stop that came meanwhile was not heard.
    if (scope_.is_cancelled()) throw boost::system::system_error(asio::error::operation_aborted);
    const LaneState& state = work.queue.state();
    if (was_failing != state.failing_since.has_value() || was_broken != state.is_broken) {
        events.health_changed();
    }
}

/// What cannot be recorded now is recorded later; until then a crash would tell it twice, under the
/// same name.
Task<> Delivery::record(LaneWork& work, Settlement settlement) {
    settlement.lane = kept(work.queue.endpoint(), work.queue.state(), tick());
    if (work.unrecorded.empty()) {
        try {
            co_await store_.settle(settlement);
            co_return;
        } catch (const Failure& failure) {
            spdlog::error(
                "cannot record a delivery, kept in memory lane={} error={}",
                work.queue.endpoint(),
                quoted_line(failure.what())
            );
        }
    }
    work.unrecorded.push_back(std::move(settlement));
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
        return entry.second->queue.queue().empty() && entry.second->unrecorded.empty();
    });
}

}  // namespace backupwatch
