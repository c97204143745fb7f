#include "core/incident/outbox.hpp"
#include "core/words.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <tuple>
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

/// Somebody may have read it: the same message comes again, or none. What a pager may know of is
/// closed all the same, and calls nobody for what is over.
bool must_be_told(const Pending& first, const Pending& second) {
    return first.may_have_arrived && !(second.lane.pages && is_end(second.notice.kind));
}

/// What is told in the place of both. Never nothing: a crash may have kept us from knowing that the
/// first arrived. A pager is told the end alone, which calls nobody.
Pending merged(const Pending& first, const Pending& second) {
    Pending one = second;
    one.id = first.id;
    one.order = first.order;
    if (!is_end(second.notice.kind)) {
        // The first says how much the lane knows yet; the second what is true now.
        const bool is_news =
            second.notice.kind == NoticeKind::worse && first.notice.kind != NoticeKind::problem;
        if (!is_news) one.notice.kind = first.notice.kind;
        return one;
    }
    // Closed with the key that may have opened it.
    if (first.may_have_arrived) one.lane.route = first.lane.route;
    // Worse, again or reminded: it was told before, and is told the end.
    if (first.notice.kind != NoticeKind::problem || first.may_have_arrived) return one;
    if (second.notice.kind == NoticeKind::recovery) one.notice.times_unseen = 1;
    if (second.lane.pages) return one;
    if (second.notice.kind == NoticeKind::recovery) one.notice.kind = NoticeKind::passed_by;
    return one;
}

using Story = std::vector<Pending>;

/// Nothing of it was told.
bool can_be_gathered(const Story& line) {
    return line.size() == 1 && line.front().notice.times_unseen > 0 &&
           !line.front().may_have_arrived;
}

/// The later, and how often it was before.
Pending gathered(const Pending& first, const Pending& second) {
    Pending one = second;
    one.id = first.id;
    one.order = first.order;
    one.notice.times_unseen += first.notice.times_unseen;
    const std::string before = "; before that, it failed and passed again ";
    one.notice.summary = one.notice.summary.substr(0, one.notice.summary.rfind(before)) + before +
                         counted(static_cast<std::size_t>(one.notice.times_unseen - 1), "time");
    return one;
}

/// At a lane that takes nothing, what comes and goes would else take ever more room.
void gather(
    std::map<std::int64_t, Story>& of_incident, Folded& folded, std::set<std::int64_t>& changed
) {
    std::vector<Story*> lines;
    for (auto& [incident, line] : of_incident) {
        if (can_be_gathered(line)) lines.push_back(&line);
    }
    std::stable_sort(lines.begin(), lines.end(), [](const Story* one, const Story* other) {
        return one->front().order < other->front().order;
    });
    std::map<std::tuple<IncidentKey, NoticeKind, std::string>, Story*> last;
    for (Story* line : lines) {
        const Pending& pending = line->front();
        auto& before =
            last[std::tuple(pending.notice.key, pending.notice.kind, pending.lane.route)];
        if (before != nullptr) {
            folded.merged_away.push_back(pending.id);
            line->front() = gathered(before->front(), pending);
            changed.insert(line->front().id);
            before->clear();
        }
        before = line;
    }
}

/// The newest, and what may have arrived.
void keep_newest_digest(std::vector<Pending>& alone, Folded& folded) {
    const auto is_digest = [](const Pending& one) { return one.notice.kind == NoticeKind::digest; };
    const auto newest = std::find_if(alone.rbegin(), alone.rend(), is_digest);
    if (newest == alone.rend()) return;
    const std::int64_t stays = newest->id;
    std::erase_if(alone, [&](const Pending& one) {
        if (!is_digest(one) || one.id == stays || one.may_have_arrived) return false;
        folded.merged_away.push_back(one.id);
        return true;
    });
}

void drop_beyond(std::size_t most, Folded& folded) {
    std::size_t excess = folded.queue.size() - std::min(folded.queue.size(), most);
    std::erase_if(folded.queue, [&](Pending& one) {
        if (excess == 0 || one.notice.kind != NoticeKind::passed_by) return false;
        --excess;
        folded.dropped.push_back(std::move(one));
        return true;
    });
    for (; excess > 0; --excess) {
        folded.dropped.push_back(std::move(folded.queue.back()));
        folded.queue.pop_back();
    }
}

/// Whoever hears that it is over need not hear that somebody was at it.
void take_acknowledgements(Story& line, Folded& folded) {
    while (!line.empty() && line.back().notice.kind == NoticeKind::acknowledged &&
           !line.back().may_have_arrived) {
        folded.merged_away.push_back(line.back().id);
        line.pop_back();
    }
}

Severity urgency_of(const Pending& pending) {
    return is_end(pending.notice.kind) ? Severity::ok : pending.notice.severity;
}

/// What comes under one name is told in its order, incident after incident: the end of one that is
/// told after the next began would close that, at a pager. Of all names the most urgent first, ends
/// last; then the oldest.
std::vector<Pending> in_order(
    std::vector<Pending> alone, std::map<std::int64_t, Story> of_incident
) {
    std::vector<Story> stories;
    for (Pending& pending : alone) stories.push_back({std::move(pending)});
    std::map<IncidentKey, Story> of_key;
    for (auto& [incident, line] : of_incident) {
        for (Pending& pending : line) of_key[pending.notice.key].push_back(std::move(pending));
    }
    for (auto& [key, story] : of_key) {
        std::ranges::stable_sort(story, {}, &Pending::order);
        stories.push_back(std::move(story));
    }
    std::ranges::stable_sort(stories, [](const Story& one, const Story& other) {
        const auto urgency = [](const Story& story) {
            return urgency_of(*std::ranges::max_element(story, {}, urgency_of));
        };
        const auto waits = [](const Story& story) {
            const Pending& first = story.front();
            return std::pair(first.put_off > 0, first.put_off_at);
        };
        if (waits(one) != waits(other)) return waits(one) < waits(other);
        if (urgency(one) != urgency(other)) return urgency(one) > urgency(other);
        return one.front().order < other.front().order;
    });
    std::vector<Pending> queue;
    for (Story& story : stories) std::ranges::move(story, std::back_inserter(queue));
    return queue;
}

}  // namespace

Folded fold(std::vector<Pending> queue, std::size_t most) {
    if (queue.size() < 2) return {std::move(queue), {}, {}, {}};
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
        if (is_end(pending.notice.kind)) take_acknowledgements(line, folded);
        // After its end nothing comes: unless the state lost where one ended and the next began.
        const bool is_first = line.empty() || must_be_told(line.back(), pending) ||
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
    gather(of_incident, folded, is_changed);
    keep_newest_digest(alone, folded);
    for (const auto& [incident, line] : of_incident) {
        for (const Pending& pending : line) {
            if (is_changed.contains(pending.id)) folded.changed.push_back(pending);
        }
    }
    folded.queue = in_order(std::move(alone), std::move(of_incident));
    drop_beyond(most, folded);
    return folded;
}

}  // namespace backupwatch
