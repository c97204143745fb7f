#pragma once
#include "core/incident/outbox.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace backupwatch {

using namespace std::chrono_literals;

inline const Tick tick{*parse_rfc3339("2026-11-22T03:05:00Z"), 1000s};

inline Pending pending(
    std::int64_t id, std::int64_t incident, NoticeKind kind, Severity severity = Severity::critical
) {
    Pending made;
    made.id = id;
    made.lane.notifier = "slack";
    made.notice.kind = kind;
    made.notice.incident = incident;
    made.notice.key.database = "database-" + std::to_string(incident);
    made.notice.severity = severity;
    made.notice.summary = "as of " + std::to_string(id);
    return made;
}

inline Pending paged(std::int64_t id, NoticeKind kind) {
    Pending made = pending(id, 1, kind);
    made.lane.pages = true;
    return made;
}

inline std::vector<Pending> problems(int count) {
    std::vector<Pending> queue;
    for (int i = 1; i <= count; ++i) queue.push_back(pending(i, i, NoticeKind::problem));
    return queue;
}

inline Settled settled(
    SendResult verdict, LaneState lane = {}, std::optional<Duration> retry_after = std::nullopt
) {
    return settle(problems(1), std::move(lane), verdict, "why", retry_after, 0.5, tick);
}

}  // namespace backupwatch
