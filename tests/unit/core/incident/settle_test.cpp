#include "pendings.hpp"

#include <gtest/gtest.h>

#include <set>

namespace backupwatch {
namespace {

TEST(Settle, forgets_what_was_accepted) {
    LaneState failing;
    failing.failures = 3;
    failing.is_broken = true;
    const Settled done = settled(SendResult::delivered, failing);
    EXPECT_EQ(done.done, Ids{1});
    EXPECT_EQ(done.lane.failures, 0);
    EXPECT_FALSE(done.lane.is_broken);
    EXPECT_FALSE(done.lane.failing_since);
}

TEST(Settle, tries_again_ever_later) {
    LaneState lane;
    const Duration waits[] = {1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 300s, 300s};
    for (const Duration wait : waits) {
        const Settled again = settled(SendResult::retry, lane);
        ASSERT_EQ(again.again.size(), 1U);
        EXPECT_FALSE(again.again.front().may_have_arrived);
        EXPECT_EQ(again.lane.not_before, tick.uptime + wait);
        EXPECT_EQ(again.lane.failing_since, tick.now);
        lane = again.lane;
    }
    EXPECT_EQ(back_off(1, 0), 800ms);
    EXPECT_EQ(back_off(1, 1), 1200ms);
}

TEST(Settle, waits_as_long_as_it_is_asked_to_within_reason) {
    EXPECT_EQ(settled(SendResult::retry, {}, 90s).lane.not_before, tick.uptime + 90s);
    EXPECT_EQ(settled(SendResult::retry, {}, 0s).lane.not_before, tick.uptime + 1s);
    EXPECT_EQ(settled(SendResult::retry, {}, 87600h).lane.not_before, tick.uptime + 1h);
}

TEST(Settle, remembers_what_may_have_arrived) {
    EXPECT_TRUE(settled(SendResult::ambiguous).again.front().may_have_arrived);
}

/// As it is, and then in bare words.
Settled refused_twice(Pending one, LaneState lane, Tick at = tick) {
    Settled first = settle({std::move(one)}, lane, SendResult::bad_payload, "why", {}, 0.5, at);
    EXPECT_TRUE(first.again.front().plain);
    EXPECT_FALSE(first.lane.not_before) << "the bare words go at once";
    return settle(first.again, first.lane, SendResult::bad_payload, "why", {}, 0.5, at);
}

TEST(Settle, puts_off_what_is_refused_even_in_bare_words) {
    const Settled refused = refused_twice(problems(1).front(), {});
    ASSERT_EQ(refused.again.size(), 1U) << "it may be the endpoint";
    EXPECT_EQ(refused.again.front().put_off, 1);
    EXPECT_FALSE(refused.again.front().plain);
    EXPECT_EQ(refused.lane.failing_since, tick.now);
    EXPECT_EQ(refused.lane.not_before, tick.uptime + 1s);
    EXPECT_FALSE(refused.lane.is_broken) << "it may be the message";
}

TEST(Settle, gives_up_only_what_is_refused_again_after_another_was_taken) {
    const Settled refused = refused_twice(problems(1).front(), {});
    ASSERT_EQ(refused.again.size(), 1U);
    const Settled taken = settled(SendResult::delivered, refused.lane);
    const Settled again = refused_twice(refused.again.front(), taken.lane);
    EXPECT_EQ(again.dropped, Ids{1});
    EXPECT_FALSE(again.lane.failing_since) << "it takes what is well formed";
    EXPECT_FALSE(again.lane.not_before);
    // One is given up for one that was taken; and what was taken long ago proves nothing.
    EXPECT_TRUE(refused_twice(refused.again.front(), again.lane).dropped.empty());
    const Tick later{tick.now + 1h, tick.uptime + 1h};
    EXPECT_TRUE(refused_twice(refused.again.front(), taken.lane, later).dropped.empty());
}

TEST(Settle, takes_an_endpoint_that_refuses_one_again_and_again_for_broken) {
    Pending one = problems(1).front();
    LaneState lane;
    Duration waited{0};
    while (!lane.is_broken) {
        const Settled refused = refused_twice(one, lane);
        ASSERT_EQ(refused.again.size(), 1U);
        one = refused.again.front();
        lane = refused.lane;
        if (!lane.is_broken) waited += *lane.not_before - tick.uptime;
    }
    EXPECT_EQ(waited, 15s) << "a receiver may just be starting, and a fallback waits";
    EXPECT_EQ(lane.not_before, tick.uptime + broken_pause);
}

TEST(Settle, calls_nobody_well_who_took_nothing) {
    LaneState lane;
    lane.failures = 20;
    lane.failing_since = tick.now - 1h;
    lane.is_broken = true;
    const Settled again = settled(SendResult::bad_payload, lane);
    EXPECT_EQ(again.lane.failing_since, tick.now - 1h);
    EXPECT_TRUE(again.lane.is_broken);
    const Settled refused = refused_twice(problems(1).front(), lane);
    EXPECT_EQ(refused.lane.failing_since, tick.now - 1h);
    EXPECT_TRUE(refused.lane.is_broken);
    EXPECT_EQ(refused.lane.not_before, tick.uptime + 1s) << "it answers, so it is asked soon";
}

TEST(Settle, repeats_what_may_have_arrived_a_few_times_only) {
    std::vector<Pending> queue{pending(1, 1, NoticeKind::problem)};
    LaneState lane;
    Duration waited{0};
    int sent = 0;
    Settled last;
    while (!queue.empty()) {
        ASSERT_LE(++sent, most_unanswered);
        last = settle(queue, lane, SendResult::ambiguous, "timed out", {}, 0.5, tick);
        queue = last.again;
        lane = last.lane;
        if (!queue.empty()) waited += *lane.not_before - tick.uptime;
    }
    EXPECT_EQ(sent, most_unanswered);
    EXPECT_EQ(last.unclear, Ids{1});
    EXPECT_GE(waited, 6min) << "an outage of some minutes loses nothing";
}

TEST(Settle, halves_a_storm_that_is_refused) {
    Settled storm = settle(problems(6), {}, SendResult::bad_payload, "why", {}, 0.5, tick);
    storm = settle(storm.again, storm.lane, SendResult::bad_payload, "why", {}, 0.5, tick);
    EXPECT_TRUE(storm.dropped.empty());
    ASSERT_EQ(storm.again.size(), 6U);
    EXPECT_FALSE(storm.again.front().plain);
    EXPECT_EQ(plan_send(storm.again, storm.lane, {}, tick).ids, (Ids{1, 2, 3}));
    storm.again.erase(storm.again.begin(), storm.again.begin() + 3);
    EXPECT_EQ(plan_send(storm.again, storm.lane, {}, tick).ids, (Ids{4, 5, 6}));
}

TEST(Settle, gives_nothing_up_at_an_endpoint_that_refuses_all) {
    LaneState lane;
    lane.is_broken = true;
    lane.refused = most_refused;
    lane.failing_since = tick.now;
    const Settled again = refused_twice(problems(1).front(), lane);
    ASSERT_EQ(again.again.size(), 1U);
    EXPECT_TRUE(again.lane.is_broken);
    EXPECT_EQ(again.lane.not_before, tick.uptime + broken_pause);

    std::vector<Pending> queue = again.again;
    queue.push_back(pending(2, 2, NoticeKind::recovery));
    EXPECT_EQ(fold(queue).queue.front().id, 2) << "another one may be taken";
    const Settled taken = settled(SendResult::delivered, again.lane);
    EXPECT_FALSE(taken.lane.is_broken);
    EXPECT_EQ(taken.lane.refused, 0);
}

TEST(Settle, hurries_after_a_mended_endpoint_that_is_not_reached_yet) {
    LaneState lane;
    lane.is_broken = true;
    lane.refused = most_refused;
    const Settled again = settled(SendResult::retry, lane);
    EXPECT_EQ(again.lane.not_before, tick.uptime + 1s);
    EXPECT_TRUE(again.lane.is_broken);
}

TEST(Settle, takes_an_endpoint_that_refuses_all_for_broken) {
    const Settled first = refused_twice(pending(1, 1, NoticeKind::problem), {});
    const Settled again = refused_twice(pending(2, 2, NoticeKind::problem), first.lane);
    EXPECT_EQ(again.again.size(), 1U);
    EXPECT_TRUE(again.lane.is_broken);
    EXPECT_EQ(again.lane.not_before, tick.uptime + broken_pause);
    EXPECT_EQ(
        settle(problems(1), again.lane, SendResult::delivered, "", {}, 0.5, tick).lane.refused, 0
    );
}

TEST(Settle, keeps_what_a_broken_endpoint_does_not_take) {
    const Settled broken = settled(SendResult::broken);
    EXPECT_TRUE(broken.lane.is_broken);
    EXPECT_EQ(broken.again.size(), 1U);
    EXPECT_EQ(broken.lane.not_before, tick.uptime + broken_pause);
}

TEST(Settle, does_not_know_of_what_may_have_arrived_and_is_given_up) {
    LaneState lane;
    lane.sent = {tick.uptime};
    Pending one = problems(1).front();
    one.put_off = 1;
    one.may_have_arrived = true;
    const Settled refused = refused_twice(one, lane);
    EXPECT_EQ(refused.unclear, Ids{1}) << "whoever read of it is told the end";
    EXPECT_TRUE(refused.dropped.empty());
}

TEST(RemainingWait, clamps_what_only_a_wrong_clock_can_have_set) {
    EXPECT_EQ(remaining_wait(tick.now + 20s, tick.now), 20s);
    EXPECT_EQ(remaining_wait(tick.now - 20s, tick.now), 0s);
    EXPECT_EQ(remaining_wait(tick.now + 87600h, tick.now), longest_back_off);
}

}  // namespace
}  // namespace backupwatch
