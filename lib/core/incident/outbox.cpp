#include "core/incident/outbox.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t storm = 5;

/// Two of one name never go in one message: the later one is to be read after the earlier one.
std::vector<std::int64_t> all_at_once(const std::vector<Pending>& queue) {
    std::vector<std::int64_t> ids;
    std::set<IncidentKey> keys;
    for (const Pending& pending : queue) {
        // Among others nothing would be left of it but its title.
        const NoticeKind kind = pending.notice.kind;
        if (kind == NoticeKind::digest || kind == NoticeKind::noted) continue;
        const bool is_first =
            pending.notice.incident == 0 || keys.insert(pending.notice.key).second;
        if (!is_first || pending.batch != 0) continue;
        ids.push_back(pending.id);
    }
    return ids;
}

/// Where some were refused it may be them, and not the endpoint: what it was never shown goes at
/// once, and tells.
bool is_held_up(const Pending& first, const LaneState& lane, Tick tick) {
    if (!lane.not_before || *lane.not_before <= tick.uptime) return false;
    return lane.waits_as_asked || lane.refused == 0 || first.attempts > 0;
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

bool readdress(Pending& pending, const Lane& current) {
    Lane lane = current;
    lane.route = pending.lane.route;
    if (lane == pending.lane) return false;
    if (pending.named_for.empty()) pending.named_for = pending.lane.endpoint;
    pending.lane = std::move(lane);
    return true;
}

SendPlan plan_send(
    const std::vector<Pending>& queue, const LaneState& lane, const LaneTraits& traits, Tick tick
) {
    SendPlan plan;
    if (queue.empty()) return plan;
    if (is_held_up(queue.front(), lane, tick)) {
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

}  // namespace backupwatch
