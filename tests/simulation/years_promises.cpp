// What Years promises, and how it is seen to be kept.
#include "simulation/years.hpp"
#include "support/loop.hpp"

#include <algorithm>

namespace backupwatch {
using namespace std::chrono_literals;

void Years::take(std::vector<Pending> notices) {
    for (const Pending& pending : notices) check_notice(pending.notice);
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

void Years::check(const Moody& end) const {
    SCOPED_TRACE(end.lanes().front().notifier);
    EXPECT_GT(end.seen.size(), 0U);
    std::map<std::int64_t, std::vector<NoticeKind>> stories;
    std::map<std::int64_t, std::string> names;
    std::set<std::string> begun_by_others;
    std::set<std::int64_t> in_doubt;
    for (const Heard& heard : end.seen) {
        stories[number_of(heard.incident)].push_back(heard.kind);
        names[number_of(heard.incident)] = heard.name;
        const bool is_memory_alone = heard.incident < 0 && forgotten_.contains(heard.incident);
        if (is_memory_alone) begun_by_others.insert(heard.name);
    }
    for (const std::int64_t incident : end.in_doubt) in_doubt.insert(number_of(incident));
    for (const auto& [incident, story] : stories) {
        check(incident, story);
        // Where its sync failed, a commit may be there all the same once power was lost: its
        // beginning was told from memory then, as that of another.
        const bool is_excused =
            in_doubt.contains(incident) || begun_by_others.contains(names[incident]);
        EXPECT_TRUE(story.front() != NoticeKind::recovery || is_excused)
            << "the beginning of " << incident << " was never told";
    }
    EXPECT_LE(end.repeated, crashes_ + end.excuses);
}

void Years::check(std::int64_t incident, const std::vector<NoticeKind>& story) const {
    const auto end = std::find_if(story.begin(), story.end(), ends);
    EXPECT_TRUE(std::all_of(end, story.end(), ends)) << "after the end of " << incident;
    // The next process found it anew, and tells the end of that one; or it knows it, and not whom
    // the last one told from memory.
    if (forgotten_.contains(incident)) return;
    EXPECT_TRUE(ends(story.back())) << "of incident " << incident << " no end was told";
    const auto begins = std::count(story.begin(), story.end(), NoticeKind::problem);
    EXPECT_LE(begins, 1 + crashes_ + excuses()) << incident;
}

}  // namespace backupwatch
