#include "pendings.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

/// `1 problem as of 2`: in the order to send.
std::vector<std::string> shown(const Folded& folded) {
    std::vector<std::string> lines;
    for (const Pending& entry : folded.queue) {
        lines.push_back(
            std::to_string(entry.id) + " " + std::string(to_string(entry.notice.kind)) + " " +
            entry.notice.summary
        );
    }
    return lines;
}

using Lines = std::vector<std::string>;
using Ids = std::vector<std::int64_t>;

TEST(Fold, tells_what_is_true_now) {
    using enum NoticeKind;
    struct Row {
        std::vector<NoticeKind> queue;
        bool pages;
        Lines told;
    };
    const Row rows[] = {
        {{problem}, false, {"1 problem as of 1"}},
        {{problem, worse}, false, {"1 problem as of 2"}},
        {{problem, reminder}, false, {"1 problem as of 2"}},
        {{problem, recovery}, false, {"1 passed_by as of 2"}},
        {{problem, worse, recovery}, false, {"1 passed_by as of 3"}},
        {{problem, unwatched}, false, {"1 unwatched as of 2"}},
        {{reminder, recovery}, false, {"1 recovery as of 2"}},
        {{worse, recovery}, false, {"1 recovery as of 2"}},
        {{problem, recovery}, true, {"1 recovery as of 2"}},
        {{problem, again}, true, {"1 problem as of 2"}},
        {{problem, again, recovery}, true, {"1 recovery as of 3"}},
        {{again, recovery}, true, {"1 recovery as of 2"}},
        {{reminder, worse}, false, {"1 worse as of 2"}},
        {{again, worse}, true, {"1 worse as of 2"}},
        {{acknowledged, recovery}, true, {"2 recovery as of 2"}},
        {{problem, acknowledged, recovery}, true, {"1 recovery as of 3"}},
        {{problem, acknowledged}, true, {"1 problem as of 1", "2 acknowledged as of 2"}},
    };
    for (const Row& row : rows) {
        std::vector<Pending> queue;
        std::int64_t id = 0;
        for (const NoticeKind kind : row.queue) {
            queue.push_back(row.pages ? paged(++id, kind) : pending(++id, 1, kind));
        }
        const Folded folded = fold(queue);
        EXPECT_EQ(shown(folded), row.told);
        EXPECT_EQ(folded.queue.size() + folded.merged_away.size(), row.queue.size());
    }
}

TEST(Fold, never_merges_away_what_may_have_arrived) {
    Pending first = pending(1, 1, NoticeKind::problem);
    first.may_have_arrived = true;
    EXPECT_EQ(
        shown(fold({first, pending(2, 1, NoticeKind::recovery)})),
        (Lines{"1 problem as of 1", "2 recovery as of 2"})
    );
}

TEST(Fold, calls_nobody_for_what_is_over_and_closes_what_may_be_open) {
    Pending page = paged(1, NoticeKind::problem);
    page.may_have_arrived = true;
    page.lane.route = "opened with";
    const Folded folded = fold({page, paged(2, NoticeKind::recovery)});
    EXPECT_EQ(shown(folded), Lines{"1 recovery as of 2"});
    EXPECT_EQ(folded.queue.front().lane.route, "opened with");
    EXPECT_EQ(folded.queue.front().notice.times_unseen, 0) << "it may have been seen";
    EXPECT_EQ(
        shown(fold({page, paged(2, NoticeKind::again)})),
        (Lines{"1 problem as of 1", "2 again as of 2"})
    );
}

TEST(Fold, merges_nothing_into_an_end) {
    EXPECT_EQ(
        shown(fold({pending(1, 1, NoticeKind::recovery), pending(2, 1, NoticeKind::problem)})),
        (Lines{"1 recovery as of 1", "2 problem as of 2"})
    );
}

TEST(Fold, sends_the_most_severe_first_and_ends_last) {
    EXPECT_EQ(
        shown(fold(
            {pending(1, 1, NoticeKind::recovery),
             pending(2, 2, NoticeKind::problem, Severity::warning),
             pending(3, 3, NoticeKind::problem, Severity::critical),
             pending(4, 4, NoticeKind::problem, Severity::critical)}
        )),
        (Lines{"3 problem as of 3", "4 problem as of 4", "2 problem as of 2", "1 recovery as of 1"})
    );
}

TEST(Fold, puts_what_was_refused_behind_the_others_and_the_last_of_it_behind_all) {
    std::vector<Pending> queue{
        pending(1, 1, NoticeKind::problem),
        pending(2, 2, NoticeKind::problem, Severity::warning),
        pending(3, 3, NoticeKind::recovery)};
    queue[0].put_off = 1;
    queue[0].put_off_at = 20s;
    queue[1].put_off = 100;
    queue[1].put_off_at = 10s;
    EXPECT_EQ(
        shown(fold(queue)), (Lines{"3 recovery as of 3", "2 problem as of 2", "1 problem as of 1"})
    );
}

TEST(Fold, tells_incidents_of_one_name_in_their_order_and_none_of_them_late) {
    std::vector<Pending> queue{
        pending(1, 1, NoticeKind::recovery),
        pending(2, 2, NoticeKind::problem, Severity::warning),
        pending(3, 3, NoticeKind::problem)};
    queue[2].notice.key = queue[0].notice.key;
    for (Pending& one : queue) one.order = one.id;
    EXPECT_EQ(
        shown(fold(queue)), (Lines{"1 recovery as of 1", "3 problem as of 3", "2 problem as of 2"})
    ) << "the end of the first would close the third";
}

TEST(Fold, merges_nothing_that_belongs_to_no_incident) {
    EXPECT_EQ(
        fold({pending(1, 0, NoticeKind::digest), pending(2, 0, NoticeKind::test)}).queue.size(), 2U
    );
}

/// Failed and passed `count` times, nobody told yet.
std::vector<Pending> flapping(int count, bool pages) {
    std::vector<Pending> queue;
    for (int i = 1; i <= count; ++i) {
        for (const NoticeKind kind : {NoticeKind::problem, NoticeKind::recovery}) {
            const auto id = static_cast<std::int64_t>(queue.size()) + 1;
            queue.push_back(pending(id, i, kind));
            queue.back().notice.key.database = "shop";
            queue.back().order = id;
            queue.back().lane.pages = pages;
        }
    }
    return queue;
}

TEST(Fold, tells_once_what_comes_and_goes) {
    for (const bool pages : {false, true}) {
        Folded folded = fold(flapping(4, pages));
        ASSERT_EQ(folded.queue.size(), 1U);
        EXPECT_EQ(folded.merged_away.size(), 7U);
        EXPECT_EQ(folded.queue.front().notice.times_unseen, 4);
        EXPECT_EQ(
            folded.queue.front().notice.summary,
            "as of 8; before that, it failed and passed again 3 times"
        );
        auto next = flapping(5, pages);
        next.erase(next.begin(), next.end() - 2);
        next.push_back(folded.queue.front());
        folded = fold(std::move(next));
        ASSERT_EQ(folded.queue.size(), 1U);
        EXPECT_EQ(
            folded.queue.front().notice.summary,
            "as of 10; before that, it failed and passed again 4 times"
        );
    }
}

TEST(Fold, tells_the_end_of_each_that_was_told) {
    std::vector<Pending> queue;
    for (int i = 1; i <= 3; ++i) queue.push_back(paged(i, NoticeKind::recovery));
    for (Pending& one : queue) one.notice.incident = one.id;
    EXPECT_EQ(fold(std::move(queue)).queue.size(), 3U);
}

TEST(Fold, keeps_apart_what_comes_and_goes_of_two_checks) {
    std::vector<Pending> queue = flapping(2, false);
    queue[2].notice.key.check = queue[3].notice.key.check = "size";
    EXPECT_EQ(fold(std::move(queue)).queue.size(), 2U);
}

TEST(Fold, keeps_of_digests_the_newest) {
    const Folded folded = fold(
        {pending(1, 0, NoticeKind::digest),
         pending(2, 0, NoticeKind::test),
         pending(3, 0, NoticeKind::digest)}
    );
    EXPECT_EQ(shown(folded), (Lines{"2 test as of 2", "3 digest as of 3"}));
    EXPECT_EQ(folded.merged_away, Ids{1});
}

TEST(Fold, holds_no_more_than_it_may_and_says_what_it_drops) {
    std::vector<Pending> queue{
        pending(1, 1, NoticeKind::passed_by),
        pending(2, 2, NoticeKind::problem, Severity::warning),
        pending(3, 3, NoticeKind::problem),
        pending(4, 4, NoticeKind::problem)};
    for (Pending& one : queue) one.order = one.id;
    queue[0].notice.key.check = "size";
    EXPECT_EQ(fold(queue, 4).dropped.size(), 0U);
    Folded folded = fold(queue, 3);
    ASSERT_EQ(folded.dropped.size(), 1U);
    EXPECT_EQ(folded.dropped.front().id, 1);
    folded = fold(queue, 2);
    ASSERT_EQ(folded.dropped.size(), 2U);
    EXPECT_EQ(folded.dropped.back().id, 2) << "the least urgent";
    EXPECT_EQ(folded.queue.size(), 2U);
}

TEST(Readdress, keeps_the_name_of_the_message_and_the_key) {
    Pending page = paged(1, NoticeKind::problem);
    page.lane.endpoint = "one";
    page.lane.route = "its own";
    Lane current = page.lane;
    current.route = "of now";
    EXPECT_FALSE(readdress(page, current)) << "it is the same";
    current.endpoint = "two";
    EXPECT_TRUE(readdress(page, current));
    current.notifier = "renamed";
    EXPECT_TRUE(readdress(page, current));
    EXPECT_EQ(page.lane.endpoint, "two");
    EXPECT_EQ(page.lane.notifier, "renamed");
    EXPECT_EQ(page.lane.route, "its own");
    EXPECT_EQ(page.named_for, "one");
}

TEST(PlanSend, sends_at_once_one_by_one) {
    EXPECT_EQ(plan_send(problems(1), {}, {}, tick).ids, Ids{1});
    EXPECT_EQ(plan_send(problems(5), {}, {}, tick).ids, Ids{1});
    EXPECT_TRUE(plan_send({}, {}, {}, tick).ids.empty());
    EXPECT_FALSE(plan_send({}, {}, {}, tick).wait);
}

TEST(PlanSend, makes_a_storm_one_message) {
    EXPECT_EQ(plan_send(problems(6), {}, {}, tick).ids, (Ids{1, 2, 3, 4, 5, 6}));
    LaneState lane;
    lane.sent = {991s, 992s, 993s, 994s, 995s};
    const SendPlan held = plan_send(problems(1), lane, {}, tick);
    EXPECT_TRUE(held.ids.empty());
    EXPECT_EQ(held.wait, 1s);
}

TEST(PlanSend, tries_a_storm_again_as_the_message_that_it_was) {
    const auto sent = settle(problems(6), {}, SendResult::retry, "why", {}, 0.5, tick).again;
    auto queue = sent;
    queue.push_back(pending(7, 7, NoticeKind::problem));
    EXPECT_EQ(plan_send(fold(queue).queue, {}, {}, tick).ids, (Ids{1, 2, 3, 4, 5, 6}));
}

TEST(PlanSend, pages_each_however_many) {
    const LaneTraits pager{false, 600ms};
    EXPECT_EQ(plan_send(problems(100), {}, pager, tick).ids, Ids{1});
    LaneState lane;
    lane.sent = {999'800ms};
    EXPECT_EQ(plan_send(problems(100), lane, pager, tick).wait, 400ms);
}

TEST(PlanSend, never_before_the_remote_end_allows) {
    LaneState lane;
    lane.not_before = 1030s;
    const SendPlan plan = plan_send(problems(1), lane, {}, tick);
    EXPECT_TRUE(plan.ids.empty());
    EXPECT_EQ(plan.wait, 30s);
}

TEST(PlanSend, shows_at_once_what_is_new_to_an_endpoint_that_refused_another) {
    LaneState lane;
    lane.refused = 1;
    lane.not_before = 1030s;
    std::vector<Pending> queue = problems(1);
    EXPECT_EQ(plan_send(queue, lane, {}, tick).ids, Ids{1}) << "it may have been the other";
    queue.front().attempts = 1;
    EXPECT_EQ(plan_send(queue, lane, {}, tick).wait, 30s);
    lane.waits_as_asked = true;
    EXPECT_EQ(plan_send(problems(1), lane, {}, tick).wait, 30s) << "nothing shortens that";
    EXPECT_TRUE(settled(SendResult::retry, {}, 90s).lane.waits_as_asked);
    EXPECT_FALSE(settled(SendResult::retry).lane.waits_as_asked);
}

TEST(PlanSend, tells_an_incidents_end_after_its_beginning) {
    auto queue = problems(7);
    queue.front().may_have_arrived = true;
    queue.push_back(pending(8, 1, NoticeKind::recovery));
    const SendPlan plan = plan_send(fold(queue).queue, {}, {}, tick);
    EXPECT_EQ(plan.ids, (Ids{1, 2, 3, 4, 5, 6, 7}));
}

}  // namespace
}  // namespace backupwatch
