#include "watch/scheduler.hpp"

#include "async/either.hpp"
#include "core/failure.hpp"

#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace backupwatch {
namespace {

/// The clock is looked at this often whatever is due.
constexpr Duration longest_sleep = std::chrono::hours(1);
/// A store that refused to open a slot is asked again after this; and so long is waited before work
/// that could not be recorded is begun again.
constexpr Duration store_retry = std::chrono::seconds(10);

SlotHistory first_seen(Instant now) {
    SlotHistory history;
    history.since = now;
    history.last = now;
    return history;
}

}  // namespace

Scheduler::Scheduler(
    Clock& clock, Store& store, Scope& scope, Events events, asio::any_io_executor executor
)
    : clock_(clock),
      store_(store),
      scope_(scope),
      events_(std::move(events)),
      news_(executor, asio::steady_timer::time_point::max()),
      last_turn_(clock.awake()) {}

void Scheduler::schedule(std::vector<Stream> streams) {
    streams_ = std::move(streams);
    const Instant now = clock_.now();
    for (const Stream& stream : streams_) {
        // Polls are not owed: one that is new begins with its next slot.
        if (!stream.durable) histories_.try_emplace(stream.key, first_seen(now));
    }
    changed();
}

void Scheduler::changed() {
    has_changed_ = true;
    news_.cancel();
}

Task<> Scheduler::run() {
    for (;;) {
        const Instant now = clock_.now();
        Instant wake = now + longest_sleep;
        co_await begin_due(now, wake);
        last_turn_ = clock_.awake();
        co_await wait(wake);
    }
}

/// Decides for every schedule with one `now`, and begins what is due.
Task<> Scheduler::begin_due(Instant now, Instant& wake) {
    bool went_back = false;
    std::string refused;
    // A copy: a reload may replace the schedules while the store is waited for.
    const std::vector<Stream> streams = streams_;
    for (const Stream& stream : streams) {
        if (running_.contains(stream.key)) continue;
        try {
            const SlotHistory history = co_await this->history(stream, now);
            const SlotDecision decision = decide_slot(stream.schedule, history, stream.offset, now);
            went_back = went_back || decision.clock_went_back;
            wake = std::min(wake, decision.wake);
            if (decision.interrupted) spawn(stream, give_up(stream.key, *decision.interrupted));
            if (decision.begin) co_await begin(stream, *decision.begin, now);
        } catch (const Failure& failure) {
            // Not opened, so not begun: the slot stays due, and the next look tries again.
            refused = failure.what();
            wake = std::min(wake, now + store_retry);
        }
    }
    events_.clock(went_back);
    if (refused != store_error_) events_.store(refused);
    store_error_ = refused;
}

Task<SlotHistory> Scheduler::history(const Stream& stream, Instant now) {
    const auto known = histories_.find(stream.key);
    if (known != histories_.end()) co_return known->second;
    const SlotHistory history = co_await store_.history(stream.key, now);
    histories_.insert_or_assign(stream.key, history);
    co_return history;
}

Task<> Scheduler::begin(const Stream& stream, DueSlot slot, Instant now) {
    if (stream.durable) {
        co_await store_.open_slot(stream.key, slot, now);
    } else {
        SlotHistory& history = histories_[stream.key];
        history = opened(std::move(history), slot);
        history.open = false;
    }
    events_.began(stream.key, now - slot.slot);
    spawn(stream, work(stream, slot));
}

void Scheduler::spawn(const Stream& stream, Task<SlotResult> work) {
    running_.insert(stream.key);
    auto task = carry_out(stream, std::move(work));
    scope_.spawn(
        stream.key.kind + " of " + stream.key.database + "/" + stream.key.set, std::move(task)
    );
}

Task<> Scheduler::carry_out(Stream stream, Task<SlotResult> work) {
    /// However the work ends, its schedule goes on.
    struct Running {
        Scheduler& scheduler;
        const Stream& stream;
        ~Running() {
            scheduler.running_.erase(stream.key);
            // What the store knows now is the truth: closed, or still open after a failure.
            if (stream.durable) scheduler.histories_.erase(stream.key);
            scheduler.changed();
        }
    };
    const Running running{*this, stream};
    std::exception_ptr failed;
    try {
        const SlotResult result = co_await std::move(work);
        events_.ended(stream.key, result);
    } catch (const Failure&) {
        failed = std::current_exception();
    }
    if (!failed) co_return;
    // Its slot is still open and is due at once, and what refused it now would refuse it then.
    co_await pause(clock_, store_retry);
    std::rethrow_exception(failed);
}

Task<SlotResult> Scheduler::work(Stream stream, DueSlot slot) {
    co_return co_await stream.work(slot);
}

/// Beside the other schedules: closing looks at the set, which may take its time.
Task<SlotResult> Scheduler::give_up(StreamKey key, Instant slot) {
    co_await events_.interrupted(std::move(key), slot);
    co_return SlotResult::interrupted;
}

/// Until then, or until the clock is set, or something has changed since the last look.
Task<> Scheduler::wait(Instant wake) {
    if (!has_changed_) {
        auto until = clock_.wait(wake);
        auto change = wait_for_change();
        co_await either(std::move(until), std::move(change));
    }
    has_changed_ = false;
}

Task<> Scheduler::wait_for_change() {
    boost::system::error_code woken;
    co_await news_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

std::vector<StreamKey> Scheduler::keys() const {
    std::vector<StreamKey> keys;
    for (const Stream& stream : streams_) keys.push_back(stream.key);
    return keys;
}

std::vector<Scheduler::Overdue> Scheduler::overdue(Instant now) const {
    std::vector<Overdue> found;
    for (const Stream& stream : streams_) {
        const auto history = histories_.find(stream.key);
        // One that the state did not tell yet cannot be told without it.
        if (history == histories_.end() || running_.contains(stream.key)) continue;
        const auto decision = decide_slot(stream.schedule, history->second, stream.offset, now);
        if (!decision.begin) continue;
        found.push_back({stream.key, now - (decision.begin->slot + stream.offset)});
    }
    return found;
}

Instant Scheduler::next(const StreamKey& key, Instant now) const {
    for (const Stream& stream : streams_) {
        if (stream.key == key) return stream.schedule.next(now);
    }
    return Instant::max();
}

std::optional<Instant> Scheduler::next_work(Instant now) const {
    std::optional<Instant> next;
    for (const Stream& stream : streams_) {
        // Polls go on all the time, and the digest is of no set.
        if (!stream.durable || stream.key.set.empty()) continue;
        const Instant begins = next_beginning(stream.schedule, stream.offset, now);
        next = next ? std::min(*next, begins) : begins;
    }
    return next;
}

}  // namespace backupwatch
