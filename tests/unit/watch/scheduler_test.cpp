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

/// Its drill lasts from 12:01 to 13:01; the clock is set within.
class SteppedDrill : public Scheduling {
  protected:
    SteppedDrill() : world(make_world()), set(add_set_with_backup(*world, "nightly", 1h)) {
        set.settings.drill->when.schedule = std::get<Schedule>(Schedule::parse("12:01"));
        start({stream(world, "drill")});
        clock.advance(31min);
        EXPECT_EQ(source_of(set).drilled.size(), 1u);
    }

    void expect_one_end(Duration step) {
        clock.set(noon + 31min + step);
        clock.advance(29min);
        EXPECT_TRUE(is_open("drill"));
        EXPECT_EQ(drills().size(), 0u);
        clock.advance(1min);

        EXPECT_EQ(store.closed.at(0), "2026-11-22T12:01:00Z failed");
        ASSERT_EQ(drills().size(), 1u);
        EXPECT_EQ(drills()[0].outcome.finished_at, noon + 61min + step);
        EXPECT_EQ(finding(*world, "restore")->severity, Severity::critical);
        EXPECT_EQ(finding(*world, "restore")->failures, 1);
    }

    std::shared_ptr<World> world;
    WatchedSet& set;
};

TEST_F(SteppedDrill, ends_once_where_the_clock_is_set_ahead) {
    expect_one_end(48h);
    // Of the two nights that civil time has passed over, the last.
    clock.advance(1h);
    EXPECT_EQ(
        store.closed,
        (std::vector<std::string>{"2026-11-22T12:01:00Z failed", "2026-11-24T12:01:00Z failed"})
    );
}

TEST_F(SteppedDrill, ends_once_where_the_clock_is_set_back) {
    expect_one_end(-48h);
    // The nights before were never worked; what would be drilled is from the future then.
    clock.advance(48h);
    EXPECT_EQ(
        store.closed,
        (std::vector<std::string>{
            "2026-11-22T12:01:00Z failed",
            "2026-11-20T12:01:00Z unknown",
            "2026-11-21T12:01:00Z unknown"})
    );
    EXPECT_EQ(source_of(set).drilled.size(), 1u) << "that of the 22nd is not worked again";
    clock.advance(24h);
    EXPECT_EQ(source_of(set).drilled.size(), 2u);
    EXPECT_EQ(store.closed.size(), 4u);
}

/// Passed while the clock was wrong, which is set right then.
class DrillByWrongClock : public Watch {
  protected:
    DrillByWrongClock() : world(make_world()), set(add_set(*world, "nightly")) {}

    void pass(Duration step) {
        const Backup backup = source_of(set).add(noon - 72h);
        clock.set(noon + step);
        DrillRecord record;
        record.outcome.backup_id = backup.id;
        record.outcome.backup_at = instant_of(backup);
        record.outcome.result = DrillOutcome::Result::passed;
        record.outcome.finished_at = clock.now();
        remember_drill(set, record);
        EXPECT_EQ(look_at_restore().severity, Severity::ok);
        clock.set(noon);
    }
    Finding look_at_restore() {
        begin(look_only(*world, set));
        return *finding(*world, "restore");
    }

    std::shared_ptr<World> world;
    WatchedSet& set;
};

TEST_F(DrillByWrongClock, that_was_behind_is_of_no_known_age_and_then_too_old) {
    pass(-48h);
    const Finding in_doubt = look_at_restore();
    EXPECT_EQ(in_doubt.severity, Severity::unknown);
    EXPECT_NE(in_doubt.summary.find("the clock is in doubt"), std::string::npos)
        << in_doubt.summary;

    clock.advance(25h);
    const Finding old = look_at_restore();
    EXPECT_EQ(old.severity, Severity::warning);
    EXPECT_NE(old.summary.find("at most 1 d 2 h is allowed"), std::string::npos) << old.summary;
}

TEST_F(DrillByWrongClock, that_was_ahead_proves_nothing) {
    pass(48h);
    const Finding finding = look_at_restore();
    EXPECT_EQ(finding.severity, Severity::warning);
    EXPECT_NE(finding.summary.find("dated in the future"), std::string::npos) << finding.summary;
}

}  // namespace
}  // namespace backupwatch
