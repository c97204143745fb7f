#include "deliver/lane_queue.hpp"

#include "unit/deliver/seam.hpp"

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

Pending pending_of(std::int64_t id, std::int64_t incident, NoticeKind kind) {
    Pending pending;
    pending.id = pending.order = id;
    pending.lane = {"slack", "", "endpoint-of-slack"};
    pending.notice = failed_backup();
    pending.notice.incident = incident;
    pending.notice.key.database = "d" + std::to_string(incident);
    pending.notice.kind = kind;
    return pending;
}

TEST(LaneQueue, of_thousands_that_come_one_by_one_is_folded_a_few_times) {
    constexpr int count = 10'000;
    LaneQueue queue("endpoint-of-slack");
    constexpr int most = 12;
    int folds = 0;
    for (int id = 1; id <= count && folds <= most; ++id) {
        queue.add(pending_of(id, id, NoticeKind::problem));
        if (!queue.has_grown() || queue.queue().size() <= 100) continue;
        queue.fold_now();
        ++folds;
    }
    EXPECT_LE(folds, most);
    EXPECT_GE(folds, 3) << "nor never";
    EXPECT_EQ(queue.queue().size(), std::size_t{count});
}

TEST(LaneQueue, takes_half_more_room_than_what_it_says_at_most) {
    constexpr std::size_t incidents = 300;
    LaneQueue queue("endpoint-of-slack");
    std::size_t most = 0;
    std::size_t gone = 0;
    constexpr std::size_t count = 5'000;
    for (std::size_t id = 1; id <= count; ++id) {
        const auto incident = static_cast<std::int64_t>(id % incidents + 1);
        const bool is_first = id <= incidents;
        const auto kind = is_first ? NoticeKind::problem : NoticeKind::again;
        queue.add(pending_of(static_cast<std::int64_t>(id), incident, kind));
        most = std::max(most, queue.queue().size());
        if (queue.has_grown()) gone += queue.fold_now().gone.size();
    }
    EXPECT_LE(most, incidents + incidents / 2);
    EXPECT_EQ(queue.queue().size() + gone, count) << "each is there, or told by another";
}

TEST(LaneQueue, is_folded_at_each_notice_where_few_wait) {
    LaneQueue queue("endpoint-of-slack");
    for (int id = 1; id <= 20; ++id) {
        queue.add(pending_of(id, id, NoticeKind::problem));
        EXPECT_TRUE(queue.has_grown());
        queue.fold_now();
        EXPECT_FALSE(queue.has_grown());
    }
}

/// Hundreds wait for the end of a back-off.
class WaitingLane : public testing::Test {
  protected:
    static constexpr int count = 400;

    WaitingLane() : seam({"webhook"}) {
        seam.network.refuses = true;
        std::vector<Notice> notices = storm(count);
        // One by one: nothing that waits but what is new.
        for (const Notice& notice : notices) seam.tell({notice});
        seam.clock.advance(10min);
        seam.network.sent.clear();
    }
    std::size_t pending() const { return seam.delivery->health().at(0).pending; }

    DeliverySeam seam;
};

TEST_F(WaitingLane, tells_what_is_over_by_now_as_one_when_it_is_sent) {
    const std::size_t before = pending();
    Notice last = storm(count).back();
    last.kind = NoticeKind::recovery;
    seam.tell({last});
    EXPECT_EQ(pending(), before + 1) << "not looked through for one";

    seam.network.refuses = false;
    seam.clock.advance(1h);
    EXPECT_EQ(seam.count("webhook", "merged"), 1);
    EXPECT_EQ(seam.count("webhook", "delivered"), count);
    int ends = 0;
    for (const auto& sent : seam.network.sent) {
        ends += sent.content.find(R"("passed_by")") != std::string::npos ? 1 : 0;
    }
    EXPECT_EQ(ends, 1);
    EXPECT_TRUE(seam.delivery->is_idle());
    EXPECT_EQ(run_on(seam.loop, seam.store->outbox(0)).pending.size(), 0U);
}

TEST_F(WaitingLane, loses_nothing_that_was_not_looked_through_before_a_crash) {
    Notice last = storm(count).back();
    last.kind = NoticeKind::recovery;
    seam.tell({last});
    seam.network.refuses = false;
    seam.restart();
    seam.clock.advance(1h);
    EXPECT_EQ(seam.count("webhook", "delivered"), count);
    EXPECT_EQ(run_on(seam.loop, seam.store->outbox(0)).pending.size(), 0U);
}

}  // namespace
}  // namespace backupwatch
