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

    static Stream at_one_past_noon(
        const std::string& kind, std::function<Task<SlotResult>(DueSlot)> work
    ) {
        Stream stream = every_minute(kind, std::move(work));
        stream.schedule = std::get<Schedule>(Schedule::parse("12:01"));
        return stream;
    }
    /// As the work of a slot of kind `take` does at its end.
    Task<> close(Instant slot) {
        Outcome outcome;
        outcome.at = clock.now();
        outcome.closes = Outcome::Slot{{"shop", "nightly", "take"}, slot, "ok"};
        co_await store.commit(std::move(outcome));
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
    events.interrupted = [&](StreamKey, Instant) -> Task<> { co_await pause(clock, 24h); };
    store.refuses = true;
    start({stream(world, "take")});
    clock.advance(1min + 9s);
    ASSERT_EQ(source_of(set).takes, 1);
    EXPECT_TRUE(ended.empty());

    store.refuses = false;
    clock.advance(1h);
    EXPECT_EQ(source_of(set).takes, 2);
    EXPECT_EQ(ended, (Ended{{"take", SlotResult::ok}}));
    EXPECT_FALSE(is_open("take"));
}

TEST_F(Scheduling, polls_a_set_on_while_it_is_drilled) {
    auto world = make_world();
    WatchedSet& set = add_set(*world);
    source_of(set).add(noon - 1h);
    source_of(set).drill_lasts = 1h;
    start({stream(world, "poll")});
    clock.advance(50min);
    EXPECT_EQ(set.running, "drill");
    EXPECT_EQ(set.last_look, noon + 45min);
    clock.advance(1h);

    EXPECT_EQ(source_of(set).drilled.size(), 1u);
    EXPECT_EQ(drills().size(), 1u);
}

TEST_F(Scheduling, ends_the_slot_of_a_dump_before_its_drill) {
    auto world = make_world();
    WatchedSet& set = add_set(*world);
    set.settings.take = std::get<Schedule>(Schedule::parse("12:01"));
    source_of(set).drill_lasts = 1h;
    start({stream(world, "take")});
    clock.advance(2min);

    EXPECT_EQ(set.running, "drill");
    EXPECT_EQ(ended, (Ended{{"take", SlotResult::ok}}));
    stop();
    EXPECT_EQ(failures, std::vector<std::string>());
}

TEST_F(Scheduling, begins_no_work_whose_slot_the_store_refuses_to_open) {
    int begun = 0;
    const auto work = [&](DueSlot) -> Task<SlotResult> {
        ++begun;
        co_await close(noon + 1min);
        co_return SlotResult::ok;
    };
    std::vector<std::string> told;
    events.store = [&](const std::string& error) { told.push_back(error); };
    store.refuses_slots = true;
    start({at_one_past_noon("take", work)});
    clock.advance(5min);
    EXPECT_EQ(begun, 0);
    EXPECT_EQ(told, std::vector<std::string>{"the disk is full"});

    store.refuses_slots = false;
    clock.advance(10s);
    EXPECT_EQ(begun, 1);
    EXPECT_EQ(told, (std::vector<std::string>{"the disk is full", ""}));
    clock.advance(1h);
    EXPECT_EQ(begun, 1);
    EXPECT_EQ(ended.size(), 1u);
}

TEST_F(Scheduling, goes_on_with_work_whose_schedule_is_replaced) {
    int begun = 0;
    const auto work = [&](DueSlot) -> Task<SlotResult> {
        ++begun;
        co_await pause(clock, 5min);
        co_await close(noon + 1min);
        co_return SlotResult::ok;
    };
    start({at_one_past_noon("take", work)});
    clock.advance(1min);
    EXPECT_TRUE(scheduler->is_running({"shop", "nightly", "take"}));
    scheduler->schedule({at_one_past_noon("take", work)});
    clock.advance(1h);

    EXPECT_EQ(begun, 1);
    EXPECT_EQ(ended, (Ended{{"take", SlotResult::ok}}));
}

}  // namespace
}  // namespace backupwatch
