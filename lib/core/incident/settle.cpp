#include "core/incident/outbox.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

/// An endpoint that took something so lately takes what is well formed.
constexpr Duration just_now = 1min;

/// The endpoint took another since this was refused, and refused none since: then it is the notice.
bool spoils_itself(const Pending& pending, const LaneState& lane, Tick tick) {
    return pending.put_off > 0 && lane.refused == 0 && !lane.sent.empty() &&
           lane.sent.back() + just_now > tick.uptime;
}

LaneState after_delivery(const LaneState& lane, Tick tick) {
    LaneState well;
    well.certificate = lane.certificate;
    well.sent = lane.sent;
    well.sent.push_back(tick.uptime);
    std::erase_if(well.sent, [&](Duration at) { return at + storm_window <= tick.uptime; });
    return well;
}

/// Its answer proves the way there: another form, or what comes next, need not wait.
LaneState after_answer(LaneState lane) {
    lane.not_before.reset();
    lane.waits_as_asked = false;
    return lane;
}

Duration wait_after(
    const LaneState& lane, const Pending& first, SendResult verdict, double jitter
) {
    if (verdict == SendResult::broken) return broken_pause;
    if (verdict == SendResult::bad_payload) {
        return lane.refused >= most_refused ? broken_pause : back_off(first.put_off, jitter);
    }
    // What may have arrived is not hurried.
    const int unanswered = verdict == SendResult::ambiguous ? first.unanswered : 0;
    return back_off(lane.failures + 2 * std::max(0, unanswered - 1), jitter);
}

LaneState after_failure(
    LaneState lane,
    const Pending& first,
    SendResult verdict,
    std::optional<Duration> retry_after,
    double jitter,
    Tick tick
) {
    const bool is_refused = verdict == SendResult::bad_payload;
    const bool refuses_all = lane.refused >= most_refused;
    if (!lane.failing_since) lane.failing_since = tick.now;
    // What it does not even look at proves nothing of an endpoint that refused all.
    const bool stays_broken = lane.is_broken && (is_refused || refuses_all);
    lane.is_broken = verdict == SendResult::broken || (is_refused && refuses_all) || stays_broken;
    ++lane.failures;
    Duration wait = wait_after(lane, first, verdict, jitter);
    if (retry_after) wait = std::max(wait, std::min(*retry_after, longest_retry_after));
    lane.waits_as_asked = retry_after.has_value();
    lane.not_before = tick.uptime + wait;
    return lane;
}

/// In bare words; those refused as well, by halves: one of them may spoil it.
Settled in_another_form(std::vector<Pending> refused, LaneState lane) {
    const std::int64_t second_half = refused[refused.size() / 2].id;
    const bool was_plain = refused.front().plain;
    bool is_second_half = false;
    for (Pending& pending : refused) {
        is_second_half = is_second_half || pending.id == second_half;
        if (was_plain && is_second_half) pending.batch = second_half;
        pending.plain = !was_plain;
    }
    Settled settled;
    settled.again = std::move(refused);
    settled.lane = after_answer(std::move(lane));
    return settled;
}

/// Not even its bare words were taken, by themselves.
Settled put_off(Pending refused, LaneState lane, double jitter, Tick tick) {
    Settled settled;
    if (spoils_itself(refused, lane, tick)) {
        ++lane.refused;
        // Whoever may have read of it is told the end.
        (refused.may_have_arrived ? settled.unclear : settled.dropped).push_back(refused.id);
        settled.lane = after_answer(std::move(lane));
        return settled;
    }
    if (++refused.put_off == 1) ++lane.refused;
    if (refused.put_off >= most_put_off) lane.refused = std::max(lane.refused, most_refused);
    refused.put_off_at = tick.uptime;
    refused.plain = false;
    settled.lane = after_failure(
        std::move(lane), refused, SendResult::bad_payload, std::nullopt, jitter, tick
    );
    settled.again.push_back(std::move(refused));
    return settled;
}

}  // namespace

Duration back_off(int failures, double jitter) {
    constexpr Duration least = 1s;
    constexpr Duration most = 5min;
    const int doublings = std::clamp(failures - 1, 0, 16);
    const Duration whole = std::min<Duration>(least * (1 << doublings), most);
    const double factor = 0.8 + 0.4 * std::clamp(jitter, 0.0, 1.0);
    return Duration(std::llround(static_cast<double>(whole.count()) * factor));
}

Settled settle(
    std::vector<Pending> sent,
    LaneState lane,
    SendResult verdict,
    const std::string& error,
    std::optional<Duration> retry_after,
    double jitter,
    Tick tick
) {
    Settled settled;
    const std::int64_t batch = sent.front().id;
    for (Pending& pending : sent) {
        ++pending.attempts;
        if (pending.batch == 0) pending.batch = batch;
        if (verdict != SendResult::ambiguous) continue;
        pending.may_have_arrived = true;
        ++pending.unanswered;
    }
    if (verdict == SendResult::delivered) {
        for (const Pending& pending : sent) settled.done.push_back(pending.id);
        settled.lane = after_delivery(lane, tick);
        return settled;
    }
    lane.error = error;
    if (verdict == SendResult::bad_payload) {
        const bool is_last_form = sent.size() == 1 && sent.front().plain;
        return is_last_form ? put_off(std::move(sent.front()), std::move(lane), jitter, tick)
                            : in_another_form(std::move(sent), std::move(lane));
    }
    settled.lane = after_failure(std::move(lane), sent.front(), verdict, retry_after, jitter, tick);
    for (Pending& pending : sent) {
        if (verdict == SendResult::ambiguous && pending.unanswered >= most_unanswered) {
            settled.unclear.push_back(pending.id);
        } else {
            settled.again.push_back(std::move(pending));
        }
    }
    return settled;
}

Duration remaining_wait(Instant not_before, Instant now) {
    if (not_before <= now) return Duration(0);
    const Duration wait = not_before - now;
    return wait > longest_retry_after ? longest_back_off : wait;
}

}  // namespace backupwatch
