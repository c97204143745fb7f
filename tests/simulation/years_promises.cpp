// What Years promises, and how it is seen to be kept.
#include "simulation/years.hpp"
#include "support/loop.hpp"

#include <algorithm>

namespace backupwatch {
using namespace std::chrono_literals;

void Years::take(std::vector<Pending> notices) {
    for (const Pending& pending : notices) {
        check_notice(pending.notice);
        told_of_[pending.notice.incident] = pending.notice.key.database;
    }
    delivery_->add(std::move(notices));
}

bool Years::is_silenced(const IncidentKey& key) const {
    return std::ranges::any_of(world_->alerting.silences, [&](const Silence& silence) {
        return covers(silence, key, clock_.now());
    });
}

/// A silence keeps all quiet but an end, and what is acknowledged is not reminded of.
void Years::check_notice(const Notice& notice) const {
    const bool is_quiet = ends(notice.kind) || notice.kind == NoticeKind::acknowledged;
    EXPECT_TRUE(is_quiet || !is_silenced(notice.key))
        << to_string(notice.kind) << " of " << stable_name(notice.key) << ", which is silenced";
    if (notice.kind != NoticeKind::reminder || !notice.acknowledged_until) return;
    const Duration left = *notice.acknowledged_until - clock_.now();
    EXPECT_TRUE(left <= 0ms || left > acknowledgement_lasts) << "it was acknowledged";
}

/// Of whatever fails and is not silenced everybody was told, or will be: by the state, or by memory
/// while that refuses. At the second failure in a row somebody is called.
void Years::check_that_all_hear_of_it() const {
    for (const auto& [id, incident] : world_->alerting.open()) {
        if (is_silenced(incident.key)) continue;
        for (const auto& end : ends_) {
            const Lane& lane = end->lanes().front();
            const bool pages = lane.pages;
            if (pages && (incident.key.check != "backup" || incident.finding.failures < 2))
                continue;
            const bool is_told = std::ranges::any_of(incident.told, [&](const LedgerEntry& told) {
                return told.lane.endpoint == lane.endpoint;
            });
            EXPECT_TRUE(is_told) << lane.notifier << " hears nothing of "
                                 << stable_name(incident.key);
        }
    }
}

void Years::check_that_all_is_kept(const Witness& before) {
    const Outbox outbox = run_on(loop_, file_->outbox(0));
    std::set<std::int64_t> kept;
    for (const Pending& pending : outbox.pending) kept.insert(pending.id);
    for (const std::int64_t id : before.owed) {
        if (before.in_doubt.contains(id)) continue;
        // What was sent since the boot is settled already.
        EXPECT_TRUE(kept.contains(id) || store_->settled.contains(id)) << "lost notice " << id;
    }
    for (const std::int64_t id : before.settled) {
        EXPECT_FALSE(kept.contains(id)) << "forgot that it was told: " << id;
    }
    store_->owed = kept;
    std::map<std::int64_t, bool> is_over;
    // As far back as the clock may have been set meanwhile.
    const Instant since = before.opened_at - 240h;
    for (const Incident& incident : run_on(loop_, file_->incidents(since))) {
        is_over[incident.id] = bool(incident.ended_at);
    }
    for (const auto& [id, over] : before.is_over) {
        ASSERT_TRUE(is_over.contains(id)) << "lost incident " << id;
        EXPECT_TRUE(!over || is_over[id]) << "forgot the end of incident " << id;
    }
}

void Years::check_that_all_is_told() {
    numbers_.insert(store_->number_of.begin(), store_->number_of.end());
    EXPECT_TRUE(run_on(loop_, store_->outbox(0)).pending.empty());
    EXPECT_TRUE(world_->alerting.open().empty());
    for (const auto& end : ends_) check(*end);
    for (const Incident& incident : run_on(loop_, store_->incidents(Instant()))) {
        EXPECT_TRUE(incident.ended_at) << incident.id;
    }
}

/// By which the state knows it in the end.
std::int64_t Years::number_of(std::int64_t incident) const {
    const auto found = numbers_.find(incident);
    return found == numbers_.end() ? incident : found->second;
}

/// The state had not heard of the end when the next began from memory: that got the number, too.
bool Years::begins_anew(const Heard& heard, const Story& before) const {
    const bool is_after_end = !before.kinds.empty() && ends(before.kinds.back());
    return is_after_end && heard.kind == NoticeKind::problem &&
           std::ranges::any_of(numbers_, [&](const auto& entry) {
               return entry.second == number_of(heard.incident);
           });
}

std::vector<Story> Years::stories_of(const Moody& end) const {
    std::vector<Story> stories;
    std::map<std::int64_t, std::size_t> place_of;
    for (const Heard& heard : end.seen) {
        const std::int64_t incident = number_of(heard.incident);
        const auto place = place_of.find(incident);
        const bool is_known = place != place_of.end();
        if (!is_known || begins_anew(heard, stories[place->second])) {
            place_of[incident] = stories.size();
            stories.push_back({incident, heard.name, {}});
        }
        stories[place_of[incident]].kinds.push_back(heard.kind);
    }
    return stories;
}

void Years::check(const Moody& end) const {
    SCOPED_TRACE(end.lanes().front().notifier);
    EXPECT_GT(end.seen.size(), 0U);
    std::map<std::string, NoticeKind> last_word;
    std::set<std::string> begun_by_others;
    std::set<std::int64_t> in_doubt;
    for (const Heard& heard : end.seen) {
        last_word[heard.name] = heard.kind;
        const bool is_memory_alone = heard.incident < 0 && forgotten_.contains(heard.incident);
        if (is_memory_alone) begun_by_others.insert(heard.name);
    }
    for (const std::int64_t incident : end.in_doubt) in_doubt.insert(number_of(incident));
    for (const Story& story : stories_of(end)) {
        check(story, last_word[story.name]);
        // Where its sync failed, a commit may be there all the same once power was lost: its
        // beginning was told from memory then, as that of another.
        const bool is_excused =
            in_doubt.contains(story.incident) || begun_by_others.contains(story.name);
        EXPECT_TRUE(story.kinds.front() != NoticeKind::recovery || is_excused)
            << "the beginning of " << story.incident << " was never told";
    }
    EXPECT_LE(end.repeated, crashes_ + end.excuses);
}

void Years::check(const Story& story, NoticeKind last_word) const {
    // The next process found it anew, and tells the end of that one; or it knows it, and not whom
    // the last one told what from memory: that it began, or that it was over.
    if (forgotten_.contains(story.incident)) return;
    const auto& [incident, name, kinds] = story;
    const auto end = std::find_if(kinds.begin(), kinds.end(), ends);
    EXPECT_TRUE(std::all_of(end, kinds.end(), ends)) << "after the end of " << incident;
    // What arrived as the process died may count as never told: then its end is told with that of
    // the next.
    const bool is_told_later = unanswered_.contains(incident) && ends(last_word);
    EXPECT_TRUE(ends(kinds.back()) || is_told_later)
        << "of incident " << incident << " no end was told";
    const auto begins = std::count(kinds.begin(), kinds.end(), NoticeKind::problem);
    EXPECT_LE(begins, 1 + crashes_ + excuses()) << incident;
}

}  // namespace backupwatch
