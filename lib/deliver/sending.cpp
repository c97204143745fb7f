// The half of Delivery that sends, and records what came of it.
#include "async/chance.hpp"
#include "async/with_grace.hpp"
#include "core/failure.hpp"
#include "core/quoted_line.hpp"
#include "deliver/lane_work.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>
#include <utility>

namespace backupwatch {
namespace {

/// What is under way when we are asked to end may be answered any moment.
constexpr Duration grace_of_a_stop = std::chrono::seconds(2);

double by_chance() {
    return std::uniform_real_distribution<double>(0, 1)(chance());
}

/// What was opened with a key is closed with that; what opens goes where the configuration says
/// now.
std::string route_of(const Pending& pending, const Lane& lane) {
    const bool opens = pending.notice.kind == NoticeKind::problem && !pending.may_have_arrived;
    return opens || pending.lane.route.empty() ? lane.route : pending.lane.route;
}

/// The key that it was opened with takes nothing any more, and is configured no more. That can be
/// closed by nobody; what still fails is opened with the key of now.
Settled without_its_key(const Parcel& parcel, const LaneState& state) {
    Settled settled;
    settled.lane = state;
    for (const Pending& pending : parcel.entries) {
        const NoticeKind kind = pending.notice.kind;
        const bool fails =
            kind == NoticeKind::problem || kind == NoticeKind::worse || kind == NoticeKind::again;
        if (!fails) {
            settled.dropped.push_back(pending.id);
            continue;
        }
        settled.again.push_back(pending);
        settled.again.back().lane.route.clear();
    }
    return settled;
}

LaneTraits traits_of(const Notifier& notifier) {
    return {notifier.takes_digests(), notifier.pace()};
}

/// Whatever cannot even be worded is sent one by one: then a plain form of it goes out.
std::size_t fitting(const Notifier& notifier, const std::vector<Notice>& notices) {
    try {
        return std::max<std::size_t>(notifier.fits(notices), 1);
    } catch (const std::exception&) {
        return 1;
    }
}

/// Whether it is another than before.
bool keep_certificate(LaneState& state, const Receipt& receipt, Instant now) {
    if (!receipt.certificate) return false;
    const bool is_known = state.certificate && *state.certificate == *receipt.certificate;
    state.certificate = {*receipt.certificate, now};
    return !is_known;
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
        "not told notifier={} result={} attempt={} given_up={} error={}",
        name_of(lane),
        to_string(receipt.result),
        settled.lane.failures,
        settled.dropped.size() + settled.unclear.size(),
        quoted_line(receipt.answer)
    );
}

}  // namespace

/// What the store refused to record, and what was moved since.
Task<> Delivery::catch_up_recording(LaneWork& work) {
    if (work.moved) {
        Settlement earlier = std::move(work.unrecorded).value_or(Settlement());
        backupwatch::add(earlier, std::move(*work.moved));
        work.unrecorded = std::move(earlier);
        work.moved.reset();
    }
    if (!work.unrecorded || clock_.uptime() < work.ask_again_at) co_return;
    try {
        co_await store_.settle(*work.unrecorded);
    } catch (const Failure&) {
        work.note_refusal(clock_.uptime());
        co_return;
    }
    events.settled(*work.unrecorded, true);
    work.unrecorded.reset();
    work.refused_since.reset();
}

Task<> Delivery::merge(LaneWork& work) {
    LaneQueue::Merged merged = work.queue.fold_now();
    if (merged.gone.empty() && merged.dropped.empty()) co_return;
    for (std::size_t i = 0; i < merged.gone.size(); ++i) events.counted(work.lane, "merged");
    Settlement settlement;
    settlement.changed = std::move(merged.changed);
    settlement.gone = std::move(merged.gone);
    for (const Pending& dropped : merged.dropped) {
        events.counted(work.lane, "dropped");
        settlement.gone.push_back(dropped.id);
        const Notice& notice = dropped.notice;
        if (notice.incident == 0) continue;
        settlement.answers.push_back(
            {dropped.lane,
             dropped.lane,
             notice.incident,
             notice.made_at,
             Arrival::refused,
             clock_.now()}
        );
    }
    co_await record(work, std::move(settlement));
}

/// Null: nothing can be sent now.
std::shared_ptr<Notifier> Delivery::addressee_of(const LaneWork& work, Lane& lane) const {
    const auto& queue = work.queue.queue();
    if (queue.empty() || work.predecessors > 0) return nullptr;
    const ConfiguredNotifier* to = notifier_of(queue.front().lane, lane);
    return to == nullptr ? nullptr : to->notifier;
}

/// Before something is taken from the queue, or where it has grown. Not at each notice: of ten
/// thousand that come one by one, each would have all the others looked through.
bool Delivery::is_fold_due(const LaneWork& work, Tick now) const {
    if (work.queue.is_folded()) return false;
    if (work.queue.has_grown()) return true;
    Lane lane;
    const auto notifier = addressee_of(work, lane);
    return notifier && !work.queue.plan(traits_of(*notifier), now).ids.empty();
}

/// Returns how long there is nothing to do; nothing: look again at once.
Task<std::optional<Duration>> Delivery::send_next(LaneWork& work, Tick now) {
    const Duration longest = work.until_recording(clock_.uptime());
    Lane lane;
    const std::shared_ptr<Notifier> notifier = addressee_of(work, lane);
    if (!notifier) co_return longest;
    SendPlan plan = work.queue.plan(traits_of(*notifier), now);
    if (plan.ids.empty()) co_return std::min(plan.wait.value_or(longest), longest);
    Parcel parcel = work.queue.parcel(plan.ids);
    if (!parcel.is_tried) {
        // A storm may be more than one message holds.
        std::vector<Notice> notices;
        for (const Pending& pending : parcel.entries) notices.push_back(pending.notice);
        const std::size_t fits = fitting(*notifier, notices);
        if (fits < parcel.entries.size()) parcel.entries.resize(fits);
    }
    work.is_sending = true;
    co_await send(work, notifier, std::move(lane), std::move(parcel));
    work.is_sending = false;
    co_return std::nullopt;
}

Task<> Delivery::send(
    LaneWork& work, std::shared_ptr<Notifier> notifier, Lane lane, Parcel parcel
) {
    Message message;
    message.id = name_of(parcel);
    for (const Pending& pending : parcel.entries) message.notices.push_back(pending.notice);
    const Pending& first = parcel.entries.front();
    const std::string configured = lane.route;
    lane.route = route_of(first, lane);
    message.route = lane.route;
    message.plain = first.plain;
    message.now = clock_.now();
    const auto began = clock_.uptime();
    auto sending = notifier->send(lane, std::move(message));
    auto answered = co_await with_grace(std::move(sending), clock_, grace_of_a_stop);

    // It is known now, and must be kept: a stop waits for that.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    Receipt unanswered;
    if (notifier->shows_repeats()) unanswered.result = SendResult::ambiguous;
    unanswered.answer = "stopped before it was answered";
    unanswered.may_have_arrived = true;
    const Receipt receipt = std::move(answered).value_or(unanswered);
    const bool may_be_there = receipt.may_have_arrived || receipt.result == SendResult::ambiguous;
    for (Pending& pending : parcel.entries) {
        pending.may_have_arrived = pending.may_have_arrived || may_be_there;
    }
    const bool was_failing = work.queue.state().failing_since.has_value();
    const bool was_broken = work.queue.state().is_broken;
    Settled settled = settle(
        parcel.entries,
        work.queue.state(),
        receipt.result,
        receipt.answer,
        receipt.retry_after,
        by_chance(),
        tick()
    );
    if (receipt.refuses_route && lane.route != configured) {
        settled = without_its_key(parcel, work.queue.state());
    }
    const bool is_other_certificate = keep_certificate(settled.lane, receipt, clock_.now());
    say(lane, receipt, settled, clock_.uptime() - began);
    if (receipt.result != SendResult::delivered) {
        events.counted(lane, to_string(receipt.result));
    }
    const bool is_given_up = !settled.dropped.empty() || !settled.unclear.empty();
    Settlement settlement = take_in(work, lane, parcel, std::move(settled));
    // It is open there now, or may be: tried again, and closed, with that key.
    if (receipt.result == SendResult::delivered || may_be_there) {
        const auto changed = work.queue.opened_with(lane.route, parcel.entries);
        settlement.changed.insert(settlement.changed.end(), changed.begin(), changed.end());
    }
    co_await record(work, std::move(settlement));
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    // A stop that came meanwhile was not heard.
    if (scope_.is_cancelled()) throw boost::system::system_error(asio::error::operation_aborted);
    const LaneState& state = work.queue.state();
    if (was_failing != state.failing_since.has_value() || was_broken != state.is_broken ||
        is_given_up || is_other_certificate) {
        events.health_changed();
    }
}

/// What came of the send is known from here on.
Settlement Delivery::take_in(
    LaneWork& work, const Lane& lane, const Parcel& parcel, Settled settled
) {
    Settlement settlement;
    const auto waiting = work.queue.find(parcel.entries);
    const auto end = [&](const std::vector<std::int64_t>& ids, Arrival arrival, const char* word) {
        for (const std::int64_t id : ids) {
            events.counted(lane, word);
            settlement.gone.push_back(id);
            const auto found = waiting.find(id);
            if (found == waiting.end() || found->second->notice.incident == 0) continue;
            const Notice& notice = found->second->notice;
            // Two notifiers may share an endpoint, and one message. It may be another by now.
            Lane sent_to = found->second->lane;
            sent_to.route = lane.route;
            settlement.answers.push_back(
                {found->second->lane,
                 sent_to,
                 notice.incident,
                 notice.made_at,
                 arrival,
                 clock_.now()}
            );
        }
    };
    end(settled.done, Arrival::told, "delivered");
    end(settled.dropped, Arrival::refused, "dropped");
    end(settled.unclear, Arrival::unclear, "unclear");
    work.queue.settled(settled);
    for (const auto& [id, pending] : work.queue.find(parcel.entries)) {
        settlement.changed.push_back(*pending);
    }
    return settlement;
}

/// What cannot be recorded now is recorded later; until then a crash would tell it twice, under the
/// same name.
Task<> Delivery::record(LaneWork& work, Settlement settlement) {
    settlement.lane = kept(work.queue, tick());
    events.settled(settlement, false);
    settlement = after_moved(work, std::move(settlement));
    if (work.unrecorded) {
        backupwatch::add(*work.unrecorded, std::move(settlement));
        co_return;
    }
    try {
        co_await store_.settle(settlement);
        events.settled(settlement, true);
        co_return;
    } catch (const Failure& failure) {
        spdlog::error(
            "cannot record a delivery, kept in memory lane={} error={}",
            work.queue.endpoint(),
            quoted_line(failure.what())
        );
    }
    work.unrecorded = std::move(settlement);
    work.note_refusal(clock_.uptime());
}

}  // namespace backupwatch
