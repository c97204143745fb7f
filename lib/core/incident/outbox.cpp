#include "core/incident/outbox.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t storm = 5;
constexpr Duration storm_window = 10s;

/// Two of one name never go in one message: the later one is to be read after the earlier one.
std::vector<std::int64_t> all_at_once(const std::vector<Pending>& queue) {
    std::vector<std::int64_t> ids;
    std::set<IncidentKey> keys;
    for (const Pending& pending : queue) {
        // Among others nothing would be left of it but its title.
        if (pending.notice.kind == NoticeKind::digest) continue;
        const bool is_first =
            pending.notice.incident == 0 || keys.insert(pending.notice.key).second;
        if (!is_first || pending.batch != 0) continue;
        ids.push_back(pending.id);
    }
    return ids;
}

}  // namespace

std::string_view to_string(SendResult result) {
    switch (result) {
        case SendResult::delivered:
            return "delivered";
        case SendResult::retry:
            return "retry";
        case SendResult::ambiguous:
            return "ambiguous";
        case SendResult::bad_payload:
            return "bad_payload";
        case SendResult::broken:
            return "broken";
    }
    return "";
}

SendPlan plan_send(
    const std::vector<Pending>& queue, const LaneState& lane, const LaneTraits& traits, Tick tick
) {
    SendPlan plan;
    if (queue.empty()) return plan;
    if (lane.not_before && *lane.not_before > tick.uptime) {
        plan.wait = *lane.not_before - tick.uptime;
        return plan;
    }
    if (!lane.sent.empty() && lane.sent.back() + traits.pace > tick.uptime) {
        plan.wait = lane.sent.back() + traits.pace - tick.uptime;
        return plan;
    }
    const Pending& first = queue.front();
    if (first.batch != 0) {
        // Tried before: again as it was, the same message under the same name.
        for (const Pending& pending : queue) {
            if (pending.batch == first.batch) plan.ids.push_back(pending.id);
        }
        return plan;
    }
    if (!traits.takes_digests) {
        plan.ids = {first.id};
        return plan;
    }
    const auto recent = std::count_if(lane.sent.begin(), lane.sent.end(), [&](Duration sent) {
        return sent + storm_window > tick.uptime;
    });
    if (static_cast<std::size_t>(recent) + queue.size() <= storm) {
        plan.ids = {first.id};
    } else if (recent == 0) {
        plan.ids = all_at_once(queue);
        if (plan.ids.empty()) plan.ids = {first.id};
    } else {
        const auto oldest = std::find_if(lane.sent.begin(), lane.sent.end(), [&](Duration sent) {
            return sent + storm_window > tick.uptime;
        });
        plan.wait = *oldest + storm_window - tick.uptime;
    }
    return plan;
}

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
    const std::int64_t batch = sent.empty() ? 0 : sent.front().id;
    const std::int64_t second_half = sent.empty() ? 0 : sent[sent.size() / 2].id;
    const bool is_alone = sent.size() == 1;
    const bool refused_all = lane.refused >= most_refused;
    const bool was_plain = !sent.empty() && sent.front().plain;
    int unanswered = 0;
    bool is_second_half = false;
    for (Pending& pending : sent) {
        ++pending.attempts;
        is_second_half = is_second_half || pending.id == second_half;
        if (pending.batch == 0) pending.batch = batch;
        if (verdict == SendResult::delivered) {
            settled.done.push_back(pending.id);
            continue;
        }
        if (verdict == SendResult::bad_payload && pending.plain) {
            if (is_alone && !refused_all) {
                settled.dropped.push_back(pending.id);
                continue;
            }
            if (is_second_half) pending.batch = second_half;
            pending.plain = false;
            pending.put_off = is_alone;
        } else if (verdict == SendResult::bad_payload) {
            pending.plain = true;
        }
        if (verdict == SendResult::ambiguous) {
            pending.may_have_arrived = true;
            unanswered = ++pending.unanswered;
            if (unanswered >= most_unanswered) {
                settled.unclear.push_back(pending.id);
                continue;
            }
        }
        settled.again.push_back(std::move(pending));
    }
    if (verdict == SendResult::delivered) {
        lane.sent.push_back(tick.uptime);
        std::erase_if(lane.sent, [&](Duration at) { return at + storm_window <= tick.uptime; });
        lane.failures = 0;
        lane.refused = 0;
        lane.not_before.reset();
        lane.is_broken = false;
        lane.error.clear();
        lane.failing_since.reset();
        settled.lane = std::move(lane);
        return settled;
    }
    lane.error = error;
    lane.refused += static_cast<int>(settled.dropped.size());
    const bool refuses_all = verdict == SendResult::bad_payload && lane.refused >= most_refused;
    if (verdict == SendResult::bad_payload && !refuses_all) {
        // Its answer proves the way there: what comes next need not wait.
        lane.failures = 0;
        lane.is_broken = false;
        lane.not_before.reset();
        lane.failing_since.reset();
        settled.lane = std::move(lane);
        return settled;
    }
    // In bare words, or by halves, it is tried at once.
    const bool has_another_form = refused_all && (!was_plain || !is_alone);
    if (refuses_all && has_another_form) {
        settled.lane = std::move(lane);
        settled.lane.not_before.reset();
        return settled;
    }
    if (!lane.failing_since) lane.failing_since = tick.now;
    const bool takes_nothing = verdict == SendResult::broken || refuses_all;
    lane.is_broken = takes_nothing || (lane.is_broken && refused_all);
    ++lane.failures;
    // What may have arrived is not hurried.
    const int patience = 2 * std::max(0, unanswered - 1);
    Duration wait = takes_nothing ? broken_pause : back_off(lane.failures + patience, jitter);
    if (retry_after) wait = std::max(wait, std::min(*retry_after, longest_retry_after));
    lane.not_before = tick.uptime + wait;
    settled.lane = std::move(lane);
    return settled;
}

Duration remaining_wait(Instant not_before, Instant now) {
    if (not_before <= now) return Duration(0);
    const Duration wait = not_before - now;
    return wait > longest_retry_after ? longest_back_off : wait;
}

}  // namespace backupwatch
