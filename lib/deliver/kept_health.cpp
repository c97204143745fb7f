#include "deliver/kept_health.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

bool is_for(const Pending& pending, const Lane& lane) {
    return pending.lane.endpoint == lane.endpoint || name_of(pending.lane) == name_of(lane);
}

void add_pending(NotifierHealth& health, const Outbox& outbox, const Lane& lane) {
    for (const Pending& pending : outbox.pending) {
        if (!is_for(pending, lane)) continue;
        ++health.pending;
        const Instant made_at = pending.notice.made_at;
        if (!health.oldest || made_at < *health.oldest) health.oldest = made_at;
    }
}

}  // namespace

std::vector<NotifierHealth> kept_health(
    const Outbox& outbox, const std::vector<ConfiguredNotifier>& notifiers
) {
    std::vector<NotifierHealth> all;
    for (const ConfiguredNotifier& configured : notifiers) {
        NotifierHealth& health = all.emplace_back();
        health.name = configured.name;
        for (const Lane& lane : configured.notifier->lanes()) {
            add_pending(health, outbox, lane);
            const auto kept = std::ranges::find(outbox.lanes, lane.endpoint, &KeptLane::endpoint);
            if (kept == outbox.lanes.end()) continue;
            keep_first_to_expire(health.certificate, kept->certificate);
            const bool fails_longer =
                kept->failing_since &&
                (!health.failing_since || *kept->failing_since < *health.failing_since);
            if (!fails_longer) continue;
            health.failing_since = kept->failing_since;
            health.error = kept->error;
            health.failing = name_of(lane);
        }
    }
    return all;
}

}  // namespace backupwatch
