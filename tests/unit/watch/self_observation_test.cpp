// What is known of our own machinery, as the self-audit judges it.
#include "watch/self_observation.hpp"

#include "unit/watch/fixture.hpp"

namespace backupwatch {
namespace {

class ObservingSelf : public Watch {
  protected:
    ~ObservingSelf() override { end_all(); }

    Scheduler::Events events() {
        Scheduler::Events events;
        events.began = [](const StreamKey&, Duration) {};
        events.ended = [](const StreamKey&, SlotResult) {};
        events.interrupted = [](StreamKey, Instant) -> Task<> { co_return; };
        events.clock = [](bool) {};
        events.store = [](const std::string&) {};
        return events;
    }
    /// A slot at one past noon, which works for that long.
    void schedule(Duration lasts) {
        Stream stream{
            {"shop", "nightly", "check"},
            std::get<Schedule>(Schedule::parse("12:01")),
            Duration(0),
            true,
            [this, lasts](DueSlot due) { return work(lasts, due.slot); }};
        scheduler->schedule({stream});
        begin(scheduler->run());
    }
    Task<SlotResult> work(Duration lasts, Instant slot) {
        co_await pause(clock, lasts);
        Outcome outcome;
        outcome.at = clock.now();
        outcome.closes = Outcome::Slot{{"shop", "nightly", "check"}, slot, "ok"};
        co_await store.commit(std::move(outcome));
        co_return SlotResult::ok;
    }
    SelfObservation observe() {
        SelfObservation observed;
        begin(keep(observed));
        clock.advance(1s);
        return observed;
    }
    Task<> keep(SelfObservation& observed) { observed = co_await observe_self(world, *scheduler); }

    std::shared_ptr<World> world = make_world();
    std::unique_ptr<Scheduler> scheduler =
        std::make_unique<Scheduler>(clock, store, *scope, events(), loop.get_executor());
};

TEST_F(ObservingSelf, finds_nothing_wrong_where_nothing_is) {
    schedule(1s);
    clock.advance(10min);
    const SelfObservation observed = observe();
    EXPECT_EQ(observed.loop_delay, Duration(0));
    EXPECT_TRUE(observed.overdue.empty());
    EXPECT_EQ(observed.store_error, "");
    EXPECT_EQ(self_audit(observed), std::vector<std::string>());
}

TEST_F(ObservingSelf, finds_a_slot_that_was_not_begun_but_none_that_takes_its_time) {
    schedule(1h);
    store.refuses_slots = true;
    clock.advance(13min);
    const SelfObservation observed = observe();
    ASSERT_EQ(observed.overdue.size(), 1u);
    EXPECT_EQ(observed.overdue[0].slot, "check of shop/nightly");
    EXPECT_EQ(observed.overdue[0].by, 12min + 1s);

    store.refuses_slots = false;
    clock.advance(10s);
    EXPECT_TRUE(observe().overdue.empty());
}

TEST_F(ObservingSelf, has_the_scheduler_take_a_turn_and_finds_one_that_takes_none) {
    clock.advance(10min);
    EXPECT_EQ(observe().scheduler_quiet, 10min + 1s) << "nobody runs it";
    schedule(1s);
    EXPECT_EQ(observe().scheduler_quiet, 1s);
    clock.advance(30min);
    EXPECT_EQ(observe().scheduler_quiet, 1s) << "it sleeps, but turns when it is asked to";
}

TEST_F(ObservingSelf, finds_a_loop_that_was_held_up) {
    SelfObservation observed;
    begin(keep(observed));
    clock.advance(21s);
    EXPECT_EQ(observed.loop_delay, Duration(0));
    begin(keep(observed));
    // As when something blocks the loop: time passes, and nothing runs.
    clock.hold_up(21s);
    EXPECT_EQ(observed.loop_delay, 20s);
}

TEST_F(ObservingSelf, calls_no_sleep_of_the_machine_a_delay) {
    SelfObservation observed;
    begin(keep(observed));
    clock.sleep(8h);
    clock.advance(1s);
    EXPECT_EQ(observed.loop_delay, Duration(0));
}

TEST_F(ObservingSelf, finds_a_state_that_is_kept_in_memory_only) {
    world->state_alarm = "no space left";
    EXPECT_EQ(observe().store_error, "no space left");
}

TEST_F(ObservingSelf, finds_a_delivery_that_takes_no_turn) {
    EXPECT_EQ(observe().delivery_quiet, Duration(0)) << "a command carries nothing";
    world->alerting.quiet_for = [] { return Duration(7min); };
    EXPECT_EQ(observe().delivery_quiet, 7min);
}

TEST_F(ObservingSelf, tells_a_long_queue_from_one_that_stands_still) {
    NotifierHealth pager;
    pager.name = "pagerduty";
    pager.pending = 5000;
    pager.oldest = clock.now();
    world->alerting.health = [&pager] { return std::vector<NotifierHealth>{pager}; };
    clock.advance(1h);
    EXPECT_EQ(observe().notifiers.at(0).waited, 1h + 1s);

    pager.last_sent = clock.uptime();
    EXPECT_EQ(observe().notifiers.at(0).waited, 1s);
    EXPECT_FALSE(observe().notifiers.at(0).is_failing);

    pager.is_failing = true;
    pager.failing_since = clock.now() - 2h;
    pager.error = "connection refused";
    const auto failing = observe().notifiers.at(0);
    EXPECT_TRUE(failing.is_failing);
    EXPECT_EQ(failing.failing_for, 2h + 1s);
    EXPECT_EQ(failing.error, "connection refused");
}

}  // namespace
}  // namespace backupwatch
