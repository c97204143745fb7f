#include "core/incident/outbox.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace backupwatch {
namespace {

bool is_end(NoticeKind kind) {
    return kind == NoticeKind::recovery || kind == NoticeKind::unwatched ||
           kind == NoticeKind::passed_by;
}

/// What belongs to no incident is told as it is.
bool can_be_merged(const Pending& pending) {
    return pending.notice.incident != 0;
}

/// That somebody acknowledged is neither a problem nor told by one.
bool is_told_apart(const Pending& first, const Pending& second) {
    return !is_end(second.notice.kind) && (first.notice.kind == NoticeKind::acknowledged ||
                                           second.notice.kind == NoticeKind::acknowledged);
}

/// What is told in the place of both. Never nothing: a crash may have kept us from knowing that the
/// first arrived. A pager is told the end alone, which calls nobody.
Pending merged(const Pending& first, const Pending& second) {
    Pending one = second;
    one.id = first.id;
    one.order = first.order;
    if (!is_end(second.notice.kind)) {
        // The first says how much the lane knows yet; the second what is true now.
        one.notice.kind = first.notice.kind;
        return one;
    }
    // Worse, again or reminded: it was told before, and is told the end.
    if (first.notice.kind != NoticeKind::problem || second.lane.pages) return one;
    if (second.notice.kind == NoticeKind::recovery) one.notice.kind = NoticeKind::passed_by;
    return one;
}

/// The most severe first; ends before what is only repeated; then the oldest.
bool goes_before(const Pending& one, const Pending& other) {
    const auto rank = [](const Pending& pending) {
        return is_end(pending.notice.kind) ? Severity::ok : pending.notice.severity;
    };
    if (rank(one) != rank(other)) return rank(one) > rank(other);
    return one.order < other.order;
}

}  // namespace

Folded fold(std::vector<Pending> queue) {
    if (queue.size() < 2) return {std::move(queue), {}, {}};
    std::stable_sort(queue.begin(), queue.end(), [](const Pending& one, const Pending& other) {
        return one.order < other.order;
    });
    Folded folded;
    std::map<std::int64_t, std::vector<Pending>> of_incident;
    std::vector<Pending> alone;
    std::set<std::int64_t> is_changed;
    for (Pending& pending : queue) {
        if (!can_be_merged(pending)) {
            alone.push_back(std::move(pending));
            continue;
        }
        auto& line = of_incident[pending.notice.incident];
        // After its end nothing comes: unless the state lost where one ended and the next began.
        const bool is_first = line.empty() || line.back().may_have_arrived ||
                              is_end(line.back().notice.kind) ||
                              is_told_apart(line.back(), pending);
        if (is_first) {
            line.push_back(std::move(pending));
            continue;
        }
        folded.merged_away.push_back(pending.id);
        line.back() = merged(line.back(), pending);
        is_changed.insert(line.back().id);
    }
    for (const auto& [incident, line] : of_incident) {
        for (const Pending& pending : line) {
            if (is_changed.contains(pending.id)) folded.changed.push_back(pending);
        }
    }
    // Of each incident one at a time, in its order; of all incidents the most urgent.
    std::vector<Pending> rest = std::move(alone);
    std::vector<Pending> later;
    for (auto& [incident, line] : of_incident) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            (i == 0 ? rest : later).push_back(std::move(line[i]));
        }
    }
    std::stable_sort(rest.begin(), rest.end(), goes_before);
    std::stable_sort(later.begin(), later.end(), goes_before);
    folded.queue = std::move(rest);
    std::move(later.begin(), later.end(), std::back_inserter(folded.queue));
    return folded;
}

}  // namespace backupwatch
