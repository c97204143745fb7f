#include "unit/watch/fixture.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

/// Kinds, with how their slots went.
using Ended = std::vector<std::pair<std::string, SlotResult>>;

class Scheduling : public Watch {
  protected:
    Scheduling() {
        events.began = [](const StreamKey&, Duration) {};
        events.ended = [this](const StreamKey& key, SlotResult result) {
            ended.emplace_back(key.kind, result);
        };
        events.interrupted = [](StreamKey, Instant) -> Task<> { co_return; };
        events.clock = [](bool) {};
        events.store = [](const std::string&) {};
    }

    void start(std::vector<Stream> streams) {
        scheduler = std::make_unique<Scheduler>(
            clock, store, *scope, std::move(events), loop.get_executor()
        );
        scheduler->schedule(std::move(streams));
        begin(scheduler->run());
    }
    void stop() { end_all(); }
    ~Scheduling() override { stop(); }

    static Stream every_minute(
        const std::string& kind, std::function<Task<SlotResult>(DueSlot)> work, bool durable = true
    ) {
        return Stream{
            {"shop", "nightly", kind},
            Schedule::every(1min),
            Duration(0),
            durable,
            std::move(work)};
    }

    Scheduler::Events events;
    std::unique_ptr<Scheduler> scheduler;
    Ended ended;
};

TEST_F(Scheduling, goes_on_with_others_while_an_interrupted_slot_is_closed) {
    open_slot("drill", noon - 1h, 3);
    bool is_closed = false;
    events.interrupted = [&](StreamKey, Instant) -> Task<> {
        co_await pause(clock, 5min);
        is_closed = true;
    };
    int polls = 0;
    const auto work = [](DueSlot) -> Task<SlotResult> { co_return SlotResult::ok; };
    const auto poll = [&](DueSlot) -> Task<SlotResult> {
        ++polls;
        co_return SlotResult::ok;
    };
    start({every_minute("drill", work), every_minute("poll", poll, false)});
    clock.advance(3min);

    EXPECT_FALSE(is_closed);
    EXPECT_EQ(polls, 3);
    clock.advance(2min);
    EXPECT_TRUE(is_closed);
    const std::pair<std::string, SlotResult> given_up("drill", SlotResult::interrupted);
    EXPECT_EQ(std::count(ended.begin(), ended.end(), given_up), 1);
}

TEST_F(Scheduling, asks_again_after_a_rest_to_close_what_could_not_be_closed) {
    open_slot("drill", noon - 1h, 3);
    int asked = 0;
    events.interrupted = [&](StreamKey, Instant) -> Task<> {
        ++asked;
        throw Failure(Failure::Kind::exhausted, "the disk is full");
        co_return;
    };
    const auto work = [](DueSlot) -> Task<SlotResult> { co_return SlotResult::ok; };
    start({every_minute("drill", work)});
    clock.advance(9s);
    EXPECT_EQ(asked, 1);
    clock.advance(1s);
    EXPECT_EQ(asked, 2);
    EXPECT_TRUE(ended.empty());
}

TEST_F(Scheduling, begins_work_that_could_not_be_recorded_again_after_a_rest_at_most_three_times) {
    int begun = 0;
    int given_up = 0;
    const auto work = [&](DueSlot) -> Task<SlotResult> {
        ++begun;
        throw Failure(Failure::Kind::exhausted, "the disk is full");
        co_return SlotResult::ok;
    };
    events.interrupted = [&](StreamKey key, Instant slot) -> Task<> {
        ++given_up;
        Outcome outcome;
        outcome.at = clock.now();
        outcome.closes = Outcome::Slot{std::move(key), slot, "interrupted"};
        co_await store.commit(std::move(outcome));
    };
    Stream daily = every_minute("take", work);
    daily.schedule = std::get<Schedule>(Schedule::parse("12:01"));
    start({daily});
    clock.advance(1min);
    EXPECT_EQ(begun, 1);
    clock.advance(9s);
    EXPECT_EQ(begun, 1);
    clock.advance(1h);
    EXPECT_EQ(begun, 3);
    EXPECT_EQ(given_up, 1);
}

TEST_F(Scheduling, rests_before_a_dump_that_could_not_be_recorded_is_taken_again) {
    auto world = make_world();
    WatchedSet& set = add_set(*world);
    set.settings.drill.reset();
    set.settings.take = std::get<Schedule>(Schedule::parse("12:01"));
    store.refuses = true;
    start({stream(world, "take")});
    clock.advance(1min + 9s);
    EXPECT_EQ(source_of(set).takes, 1);
    EXPECT_TRUE(ended.empty());

    store.refuses = false;
    clock.advance(1h);
    EXPECT_EQ(source_of(set).takes, 2);
    EXPECT_EQ(ended, (Ended{{"take", SlotResult::ok}}));
    EXPECT_FALSE(is_open("take"));
}

}  // namespace
}  // namespace backupwatch
