#include "core/time/slots.hpp"

#include "unit/core/inventories.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

constexpr Duration a_decade = 3652 * day;

const Schedule nightly = std::get<Schedule>(Schedule::parse("03:00"));
const Instant first_sight = at("2026-11-20T12:00:00Z");
const Instant monday_night = at("2026-11-23T03:00:00Z");

SlotHistory never_worked() {
    return {.since = first_sight, .last = first_sight, .worked = {}};
}

/// As the daemon does: begins and ends what is due at `now`.
SlotHistory worked_at(SlotHistory history, Instant now) {
    const SlotDecision decision = decide_slot(nightly, history, 0s, now);
    if (decision.begin) history = opened(std::move(history), *decision.begin);
    history.open = false;
    return history;
}

/// Worked every night up to monday_night.
SlotHistory worked_until_monday() {
    SlotHistory history = never_worked();
    for (const char* night : {"2026-11-21", "2026-11-22", "2026-11-23"}) {
        history = worked_at(history, at((std::string(night) + "T03:00:00Z").c_str()));
    }
    return history;
}

TEST(Slots, begin_at_their_time_and_never_twice) {
    const SlotHistory before = worked_at(never_worked(), monday_night - day);

    EXPECT_FALSE(decide_slot(nightly, before, 0s, monday_night - 1ms).begin);
    const auto due = decide_slot(nightly, before, 0s, monday_night).begin;
    ASSERT_TRUE(due);
    EXPECT_EQ(due->slot, monday_night);
    EXPECT_EQ(due->previous, monday_night - day);
    EXPECT_EQ(due->attempt, 1);
    EXPECT_FALSE(due->late);

    const SlotHistory after = worked_at(before, monday_night);
    EXPECT_FALSE(decide_slot(nightly, after, 0s, monday_night).begin);
    EXPECT_FALSE(decide_slot(nightly, after, 0s, monday_night + 23h).begin);
}

TEST(Slots, have_none_missed_before_first_sight) {
    const SlotDecision decision = decide_slot(nightly, never_worked(), 0s, first_sight);

    EXPECT_FALSE(decision.begin);
    EXPECT_FALSE(decision.clock_went_back);
    EXPECT_EQ(decision.wake, at("2026-11-21T03:00:00Z"));
}

TEST(Slots, leave_out_a_slot_at_the_very_moment_of_first_sight) {
    const SlotHistory history{.since = monday_night, .last = monday_night, .worked = {}};

    EXPECT_FALSE(decide_slot(nightly, history, 0s, monday_night).begin);
    EXPECT_TRUE(decide_slot(nightly, history, 0s, monday_night + day).begin);
}

TEST(Slots, begin_after_a_first_sight_within_their_spread) {
    const Instant seen = monday_night + 5min;
    const SlotHistory history{.since = seen, .last = seen, .worked = {}};

    EXPECT_FALSE(decide_slot(nightly, history, 10min, monday_night + 9min).begin);
    const auto due = decide_slot(nightly, history, 10min, monday_night + 10min).begin;
    ASSERT_TRUE(due);
    EXPECT_EQ(due->slot, monday_night);
    EXPECT_FALSE(decide_slot(nightly, history, 5min, monday_night + 5min).begin) << "began then";
}

TEST(Slots, catch_up_on_the_latest_of_several_missed_and_say_late) {
    SlotHistory history = worked_until_monday();
    const auto due = decide_slot(nightly, history, 0s, monday_night + 5 * day + 1h).begin;

    ASSERT_TRUE(due);
    EXPECT_EQ(due->slot, monday_night + 5 * day);
    EXPECT_TRUE(due->late);
    history = worked_at(history, monday_night + 5 * day + 1h);
    EXPECT_FALSE(decide_slot(nightly, history, 0s, monday_night + 5 * day + 1h).begin);
}

TEST(Slots, are_late_from_a_minute_after_their_time) {
    const SlotHistory history = never_worked();
    const Instant slot = first_sight - 9h + day;

    EXPECT_FALSE(decide_slot(nightly, history, 0s, slot + 1min).begin->late);
    EXPECT_TRUE(decide_slot(nightly, history, 0s, slot + 1min + 1ms).begin->late);
    EXPECT_FALSE(decide_slot(nightly, history, 10min, slot + 11min).begin->late);
    EXPECT_TRUE(decide_slot(nightly, history, 10min, slot + 11min + 1ms).begin->late);
}

TEST(Slots, are_delayed_by_the_spread_and_keep_their_identity) {
    const SlotHistory history = worked_at(never_worked(), monday_night - day);

    const SlotDecision waiting = decide_slot(nightly, history, 10min, monday_night + 9min);
    EXPECT_FALSE(waiting.begin);
    EXPECT_EQ(waiting.wake, monday_night + 10min);
    const SlotDecision due = decide_slot(nightly, history, 10min, monday_night + 10min);
    ASSERT_TRUE(due.begin);
    EXPECT_EQ(due.begin->slot, monday_night);
    EXPECT_EQ(due.wake, monday_night + day + 10min);
}

TEST(Slots, found_open_begin_again_at_most_three_times) {
    SlotHistory history = worked_at(never_worked(), monday_night - day);
    for (const int attempt : {1, 2, 3}) {
        const SlotDecision decision = decide_slot(nightly, history, 0s, monday_night + 5s);
        ASSERT_TRUE(decision.begin) << attempt;
        EXPECT_EQ(decision.begin->slot, monday_night);
        EXPECT_EQ(decision.begin->attempt, attempt);
        EXPECT_FALSE(decision.interrupted);
        history = opened(history, *decision.begin);  // ... and the program is ended
    }

    const SlotDecision decision = decide_slot(nightly, history, 0s, monday_night + 5s);
    EXPECT_FALSE(decision.begin);
    EXPECT_EQ(decision.interrupted, monday_night);

    history.open = false;
    EXPECT_FALSE(decide_slot(nightly, history, 0s, monday_night + 5s).begin);
}

TEST(Slots, found_open_come_before_later_ones_that_were_missed) {
    SlotHistory history = worked_at(never_worked(), monday_night - day);
    history = opened(history, *decide_slot(nightly, history, 0s, monday_night).begin);

    const Instant restart = monday_night + 2 * day + 1h;
    const auto again = decide_slot(nightly, history, 0s, restart).begin;
    ASSERT_TRUE(again);
    EXPECT_EQ(again->slot, monday_night);
    EXPECT_EQ(again->attempt, 2);
    EXPECT_TRUE(again->late);

    history = opened(history, *again);
    history.open = false;
    EXPECT_EQ(decide_slot(nightly, history, 0s, restart).begin->slot, monday_night + 2 * day);
}

TEST(Slots, are_not_worked_again_when_the_clock_goes_back_and_forward) {
    SlotHistory history = worked_until_monday();

    // A day back: that night was worked.
    const SlotDecision back = decide_slot(nightly, history, 0s, monday_night - 12h);
    EXPECT_FALSE(back.begin);
    EXPECT_TRUE(back.clock_went_back);
    EXPECT_EQ(back.wake, monday_night);
    // The wrong clock arrives at a night that was worked, and later at one that was not.
    EXPECT_FALSE(decide_slot(nightly, history, 0s, monday_night).begin);
    EXPECT_TRUE(decide_slot(nightly, history, 0s, monday_night + day).begin);

    // Ten years back: nights of then were never worked, and are, while that lasts.
    history = worked_at(history, monday_night - a_decade);
    EXPECT_EQ(history.last, monday_night - a_decade);
    EXPECT_FALSE(decide_slot(nightly, history, 0s, monday_night - a_decade).begin);

    // And back to the present.
    const SlotDecision present = decide_slot(nightly, history, 0s, monday_night + 1h);
    EXPECT_FALSE(present.begin);
    EXPECT_FALSE(present.clock_went_back);
    EXPECT_EQ(
        decide_slot(nightly, history, 0s, monday_night + day).begin->slot, monday_night + day
    );
}

TEST(Slots, of_the_present_are_worked_at_once_after_a_clock_that_was_ten_years_ahead) {
    SlotHistory history = worked_until_monday();
    const Instant ahead = monday_night + a_decade + 1h;
    history = worked_at(history, ahead);
    EXPECT_EQ(history.last, nightly.latest(ahead));

    const SlotDecision back = decide_slot(nightly, history, 0s, monday_night + 1h);
    EXPECT_FALSE(back.begin) << "that night was worked before the step";
    EXPECT_TRUE(back.clock_went_back);
    EXPECT_EQ(back.wake, monday_night + day);

    const SlotDecision next = decide_slot(nightly, history, 0s, monday_night + day);
    ASSERT_TRUE(next.begin);
    EXPECT_FALSE(next.begin->late);
    history = worked_at(history, monday_night + day);
    EXPECT_FALSE(decide_slot(nightly, history, 0s, monday_night + day + 1h).clock_went_back);

    // Ten years later the night that was worked ahead of its time arrives.
    EXPECT_FALSE(decide_slot(nightly, history, 0s, nightly.latest(ahead)).begin);
}

TEST(Slots, are_worked_although_first_sight_was_under_a_clock_ten_years_ahead) {
    const Instant ahead = first_sight + a_decade;
    SlotHistory history{.since = ahead, .last = ahead, .worked = {}};

    const SlotDecision decision = decide_slot(nightly, history, 0s, monday_night + 1h);
    EXPECT_TRUE(decision.clock_went_back);
    ASSERT_TRUE(decision.begin);
    EXPECT_EQ(decision.begin->slot, monday_night);
    history = worked_at(history, monday_night + 1h);
    EXPECT_FALSE(decide_slot(nightly, history, 0s, monday_night + 2h).begin);
    EXPECT_TRUE(decide_slot(nightly, history, 0s, monday_night + day).begin);
}

TEST(SlotHistory, is_one_stretch_as_long_as_nothing_is_missed) {
    SlotHistory history = worked_until_monday();
    EXPECT_EQ(history.worked, (std::vector<SlotStretch>{{monday_night - 2 * day, monday_night}}));

    history = worked_at(history, monday_night + 2 * day);
    EXPECT_EQ(
        history.worked,
        (std::vector<SlotStretch>{
            {monday_night - 2 * day, monday_night},
            {monday_night + 2 * day, monday_night + 2 * day},
        })
    );
}

TEST(SlotHistory, does_not_grow_when_a_slot_is_begun_again) {
    const DueSlot due{.slot = monday_night, .attempt = 2, .previous = monday_night - day};
    const SlotHistory history = opened(worked_until_monday(), due);

    EXPECT_EQ(history.tries, 2);
    EXPECT_TRUE(history.open);
    EXPECT_EQ(history.worked, worked_until_monday().worked);
}

TEST(SlotHistory, stays_in_order_when_the_schedule_is_changed) {
    // Worked every 15 minutes with a hole, then once a day: the day before lies before the hole.
    SlotHistory history{
        .since = first_sight,
        .last = monday_night - 15min,
        .worked =
            {{monday_night - 2 * day, monday_night - 8h},
             {monday_night - 4h, monday_night - 15min}},
    };
    history = worked_at(history, monday_night);

    EXPECT_EQ(
        history.worked,
        (std::vector<SlotStretch>{
            {monday_night - 2 * day, monday_night - 8h}, {monday_night - 4h, monday_night}})
    );
}

TEST(SlotHistory, forgets_the_shortest_gaps_after_very_many_outages) {
    SlotHistory history = worked_at(never_worked(), monday_night + a_decade);  // a clock ahead
    history = worked_at(history, monday_night);
    history = worked_at(history, monday_night + 30 * day);  // a long outage
    for (int outage = 1; outage <= 1200; ++outage) {
        history = worked_at(history, monday_night + (30 + 2 * outage) * day);
    }

    ASSERT_EQ(history.worked.size(), 1000u);
    EXPECT_EQ(history.worked[0], (SlotStretch{monday_night, monday_night}));
    EXPECT_EQ(history.worked[1].first, monday_night + 30 * day);
    EXPECT_EQ(history.worked[998].last, monday_night + 2430 * day);
    EXPECT_EQ(history.worked[999].first, monday_night + a_decade);
    EXPECT_TRUE(decide_slot(nightly, history, 0s, monday_night + 2431 * day).begin);
}

TEST(SpreadOffset, is_stable_within_the_spread_and_different_for_each_name) {
    EXPECT_EQ(spread_offset("postry-ai", 0s), 0s);
    EXPECT_EQ(spread_offset("postry-ai", 10min), spread_offset("postry-ai", 10min));
    // Written down: a new version must not move every database's work.
    EXPECT_EQ(spread_offset("postry-ai", 24h), 54'104'007ms);

    std::vector<int> in_tenth(10);
    for (int i = 0; i < 1000; ++i) {
        const Duration offset = spread_offset("db-" + std::to_string(i), 10min);
        ASSERT_GE(offset, 0s);
        ASSERT_LT(offset, 10min);
        ++in_tenth[static_cast<std::size_t>(offset / 1min)];
    }
    for (const int databases : in_tenth) EXPECT_NEAR(databases, 100, 50);
}

}  // namespace
}  // namespace backupwatch
