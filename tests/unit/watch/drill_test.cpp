#include "unit/watch/fixture.hpp"

namespace backupwatch {
namespace {

using Ids = std::vector<std::string>;

class OwedDrill : public Watch {};

TEST_F(OwedDrill, is_not_queued_again_by_looks_while_it_runs) {
    auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world, "nightly", 1h);

    for (int look = 0; look < 3; ++look) {
        begin_look(*world, set);
        clock.advance(15min);
    }
    EXPECT_EQ(scope->size(), 1u) << "looks wait behind the drill";
    clock.advance(3h);

    EXPECT_EQ(source_of(set).drilled.size(), 1u);
    EXPECT_EQ(drills().size(), 1u);
}

TEST_F(OwedDrill, is_not_queued_again_by_looks_while_it_waits_for_another_sets_drill) {
    auto world = make_world(1);
    WatchedSet& busy = add_set_with_backup(*world, "busy", 1h);
    WatchedSet& set = add_set_with_backup(*world);

    begin_look(*world, busy);
    for (int look = 0; look < 3; ++look) {
        begin_look(*world, set);
        clock.advance(15min);
    }
    EXPECT_EQ(scope->size(), 2u) << "looks wait behind the drill";
    clock.advance(3h);

    EXPECT_EQ(source_of(set).drilled.size(), 1u);
}

TEST_F(OwedDrill, that_waits_for_the_dump_of_its_set_holds_up_no_other_sets_drill) {
    auto world = make_world(1);
    WatchedSet& busy = add_set_with_backup(*world, "busy");
    WatchedSet& set = add_set_with_backup(*world);

    auto dump = busy.turn.try_acquire();
    begin_look(*world, busy);
    begin_look(*world, set);
    EXPECT_EQ(source_of(set).drilled.size(), 1u);
    EXPECT_EQ(source_of(busy).drilled, Ids());
    dump.reset();
    clock.settle();

    EXPECT_EQ(source_of(busy).drilled.size(), 1u);
}

TEST_F(OwedDrill, that_waits_for_another_sets_drill_holds_up_no_dump_of_its_set) {
    auto world = make_world(1);
    WatchedSet& busy = add_set_with_backup(*world, "busy", 1h);
    WatchedSet& set = add_set_with_backup(*world);

    begin_look(*world, busy);
    begin_look(*world, set);
    auto dump = set.turn.try_acquire();
    ASSERT_TRUE(dump);
    clock.advance(2h);
    EXPECT_EQ(source_of(set).drilled, Ids());
    dump.reset();
    clock.settle();

    EXPECT_EQ(source_of(set).drilled.size(), 1u);
}

TEST_F(OwedDrill, is_not_repeated_by_the_world_after_a_reload) {
    auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world, "nightly", 30min);
    begin_look(*world, set);
    clock.advance(5min);

    auto reloaded = make_world();
    WatchedSet& same_set = add_set_with_backup(*reloaded);
    begin_look(*reloaded, same_set);
    clock.advance(2h);

    EXPECT_EQ(source_of(set).drilled.size(), 1u);
    EXPECT_EQ(source_of(same_set).drilled, Ids());
    EXPECT_EQ(scope->size(), 0u);
}

TEST_F(OwedDrill, that_waits_over_a_reload_is_run_once_and_with_the_settings_from_then_on) {
    auto world = make_world();
    WatchedSet& busy = add_set_with_backup(*world, "busy", 1h);
    WatchedSet& set = add_set_with_backup(*world);
    begin_look(*world, busy);
    begin_look(*world, set);
    ASSERT_TRUE(set.pays_drill) << "it waits";

    auto reloaded = reload(*world);
    WatchedSet& same_set = add_set(*reloaded, "nightly", set.memory);
    source_of(same_set).add(noon - 1h);
    for (int look = 0; look < 8; ++look) {
        begin_look(*reloaded, same_set);
        clock.advance(15min);
    }

    EXPECT_EQ(source_of(busy).drilled.size(), 1u) << "what ran goes on";
    EXPECT_EQ(source_of(set).drilled, Ids());
    EXPECT_EQ(source_of(same_set).drilled.size(), 1u);
}

TEST_F(OwedDrill, is_looked_for_in_the_state_only_while_nothing_else_tells) {
    auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    EXPECT_FALSE(may_owe_drill(*world, set)) << "it was never looked at";
    begin(look_only(*world, set));
    EXPECT_TRUE(may_owe_drill(*world, set));
    set.pays_drill = true;
    EXPECT_FALSE(may_owe_drill(*world, set)) << "it waits already";
    set.pays_drill = false;
    const auto settings = std::exchange(set.settings.drill, std::nullopt);
    EXPECT_FALSE(may_owe_drill(*world, set)) << "it is not drilled";
    set.settings.drill = settings;
    set.settings.drill->when.schedule = std::get<Schedule>(Schedule::parse("12:00"));
    EXPECT_FALSE(may_owe_drill(*world, set)) << "it has a schedule";
    set.settings.drill = settings;

    begin_look(*world, set);
    ASSERT_EQ(source_of(set).drilled.size(), 1u);
    EXPECT_FALSE(may_owe_drill(*world, set)) << "it is judged";
    const int asked = store.asked_for_judged_drills;
    begin_look(*world, set);
    EXPECT_EQ(store.asked_for_judged_drills, asked);
    source_of(set).add(noon - 1min);
    begin(look_only(*world, set));
    EXPECT_TRUE(may_owe_drill(*world, set)) << "a newer one lies there";
}

TEST_F(OwedDrill, is_of_the_backup_that_is_newest_when_its_turn_has_come) {
    auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    auto another_process = FileLock::try_acquire(folder / "locks/shop/nightly.lock");
    begin_look(*world, set);
    source_of(set).add(noon - 1min);
    another_process.reset();
    clock.advance(1min);

    EXPECT_EQ(source_of(set).drilled, Ids{to_rfc3339(noon - 1min)});
}

TEST_F(OwedDrill, that_could_not_be_run_is_tried_three_times) {
    auto world = make_world();
    std::vector<Duration> delays;
    world->on_owed_begun = [&](const WatchedSet&, Duration delay) { delays.push_back(delay); };
    std::vector<SlotResult> results;
    world->on_owed_ended = [&](const WatchedSet&, SlotResult result) { results.push_back(result); };
    WatchedSet& set = add_set_with_backup(*world);
    source_of(set).drill_ends = Failure::Kind::missing;

    for (int look = 0; look < 6; ++look) {
        begin_look(*world, set);
        clock.advance(15min);
    }

    EXPECT_EQ(source_of(set).drilled.size(), 3u);
    EXPECT_FALSE(is_open("after_backup"));
    EXPECT_EQ(delays, (std::vector<Duration>{1h, 1h + 15min, 1h + 30min}));
    EXPECT_EQ(results, std::vector<SlotResult>{SlotResult::unknown});
    EXPECT_EQ(finding(*world, "restore")->failures, 1) << "all of one night";

    end_all();
    auto next = make_world();
    begin_look(*next, add_set_with_backup(*next));
    clock.advance(1min);
    EXPECT_EQ(finding(*next, "restore")->failures, 1) << "counted anew after a restart";
}

TEST_F(OwedDrill, that_ends_the_process_each_time_is_begun_three_times_and_then_told) {
    for (int start = 1; start <= 3; ++start) {
        auto world = make_world();
        WatchedSet& set = add_set_with_backup(*world, "nightly", 1h);
        begin_look(*world, set);
        clock.advance(1min);
        EXPECT_EQ(source_of(set).drilled.size(), 1u) << "start " << start;
        EXPECT_EQ(finding(*world, "restore")->severity, Severity::ok) << "not given up yet";
        end_all();
    }
    auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    for (int look = 0; look < 3; ++look) {
        begin_look(*world, set);
        clock.advance(15min);
    }

    EXPECT_EQ(source_of(set).drilled, Ids());
    EXPECT_EQ(finding(*world, "restore")->severity, Severity::unknown);
    EXPECT_NE(
        finding(*world, "restore")->summary.find("interrupted three times"), std::string::npos
    );
    const auto records = drills();
    ASSERT_EQ(records.size(), 1u);
    EXPECT_EQ(records[0].outcome.backup_id, to_rfc3339(noon - 1h));
    EXPECT_EQ(records[0].outcome.result, DrillOutcome::Result::unknown);
    EXPECT_NE(records[0].document.find("interrupted three times"), std::string::npos);
    EXPECT_FALSE(is_open("after_backup"));
}

TEST_F(OwedDrill, of_the_next_backup_is_begun_whatever_became_of_the_one_before) {
    {
        auto world = make_world();
        WatchedSet& set = add_set_with_backup(*world, "nightly", 1h);
        begin_look(*world, set);
        end_all();
    }
    auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    source_of(set).add(noon - 1min);
    begin_look(*world, set);

    EXPECT_EQ(source_of(set).drilled, Ids{to_rfc3339(noon - 1min)});
    EXPECT_EQ(drills().size(), 1u);
    const Ids closed{to_rfc3339(noon - 1h) + " unknown", to_rfc3339(noon - 1min) + " failed"};
    EXPECT_EQ(store.closed, closed);
}

TEST_F(OwedDrill, that_the_store_does_not_record_is_repeated_by_the_next_process_alone) {
    auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world, "nightly", 1min);
    begin_look(*world, set);
    store.refuses = true;
    clock.advance(1h);
    store.refuses = false;
    begin_look(*world, set);
    clock.advance(1h);
    EXPECT_EQ(source_of(set).drilled.size(), 1u);
    EXPECT_EQ(finding(*world, "restore")->severity, Severity::critical);
    EXPECT_TRUE(is_open("after_backup"));
    EXPECT_EQ(failures, Ids{"the disk is full"});

    auto next = make_world();
    WatchedSet& same_set = add_set_with_backup(*next);
    begin_look(*next, same_set);
    EXPECT_EQ(source_of(same_set).drilled.size(), 1u);
    EXPECT_FALSE(is_open("after_backup"));
}

TEST_F(OwedDrill, is_not_paid_by_a_drill_by_hand_that_did_not_pass) {
    auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world, "nightly", 30min);
    ProgressSink nobody_watches = [](const Progress&) {};
    const auto by_hand = [&]() -> Task<> {
        const std::string newest;
        co_await drill(*world, set, newest, nobody_watches);
    };
    begin(by_hand());
    clock.advance(31min);
    ASSERT_EQ(drills().size(), 1u);
    EXPECT_TRUE(drills()[0].by_hand);
    EXPECT_EQ(finding(*world, "restore")->severity, Severity::ok) << "it counts nothing";

    begin_look(*world, set);
    clock.advance(1h);
    begin_look(*world, set);
    clock.advance(1h);

    EXPECT_EQ(source_of(set).drilled.size(), 2u) << "by the schedule, once";
    EXPECT_EQ(finding(*world, "restore")->severity, Severity::critical);
    EXPECT_EQ(set.drills_not_passed, 1);
}

TEST_F(OwedDrill, is_paid_by_a_drill_by_hand_that_passed) {
    auto world = make_world();
    WatchedSet& set = add_set(*world);
    const Backup backup = source_of(set).add(noon - 1h);
    Outcome outcome;
    DrillRecord& record = outcome.drill.emplace();
    record.database = "shop";
    record.set = "nightly";
    record.by_hand = true;
    record.outcome.backup_id = backup.id;
    record.outcome.backup_at = instant_of(backup);
    record.outcome.result = DrillOutcome::Result::passed;
    record.outcome.finished_at = noon;
    outcome.database = "shop";
    outcome.set = "nightly";
    outcome.at = noon;
    run_on(loop, world->commit(std::move(outcome)));

    begin_look(*world, set);

    EXPECT_EQ(source_of(set).drilled, Ids());
}

class DrillSlot : public Watch {
  protected:
    static void drill_at_noon(WatchedSet& set) {
        set.settings.drill->when.schedule = std::get<Schedule>(Schedule::parse("12:00"));
    }
};

TEST_F(DrillSlot, is_closed_with_the_drills_result) {
    EXPECT_EQ(slot_result(DrillOutcome::Result::passed), SlotResult::ok);
    EXPECT_EQ(slot_result(DrillOutcome::Result::failed), SlotResult::failed);
    EXPECT_EQ(slot_result(DrillOutcome::Result::unknown), SlotResult::unknown);

    auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    drill_at_noon(set);
    open_slot("drill", noon);
    const Stream drills_of_set = stream(world, "drill");
    EXPECT_EQ(run_on(loop, drills_of_set.work(due(noon))), SlotResult::failed);
    EXPECT_FALSE(is_open("drill"));
}

TEST_F(DrillSlot, whose_turn_does_not_come_within_grace_is_told_as_unknown) {
    auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    drill_at_noon(set);
    open_slot("drill", noon);
    const auto another_process = FileLock::try_acquire(folder / "locks/shop/nightly.lock");

    std::optional<SlotResult> result;
    const Stream drills_of_set = stream(world, "drill");
    const auto work = [&]() -> Task<> { result = co_await drills_of_set.work(due(noon)); };
    begin(work());
    clock.advance(set.settings.grace - 1min);
    EXPECT_FALSE(result);
    clock.advance(2min);

    EXPECT_EQ(result, SlotResult::unknown);
    EXPECT_EQ(source_of(set).drilled, Ids());
    EXPECT_FALSE(is_open("drill"));
    ASSERT_EQ(drills().size(), 1u);
    EXPECT_EQ(drills()[0].outcome.backup_id, to_rfc3339(noon - 1h));
    EXPECT_EQ(drills()[0].outcome.result, DrillOutcome::Result::unknown);
    EXPECT_EQ(finding(*world, "restore")->severity, Severity::unknown);
    EXPECT_NE(finding(*world, "restore")->summary.find("another process"), std::string::npos);
}

TEST_F(DrillSlot, without_a_backup_is_closed_and_leaves_the_word_to_the_check_backup) {
    auto world = make_world();
    WatchedSet& set = add_set(*world);
    drill_at_noon(set);
    open_slot("drill", noon);
    const Stream drills_of_set = stream(world, "drill");
    EXPECT_EQ(run_on(loop, drills_of_set.work(due(noon))), SlotResult::unknown);
    EXPECT_FALSE(is_open("drill"));
    EXPECT_EQ(drills().size(), 0u);
}

TEST_F(DrillSlot, whose_set_cannot_be_listed_is_told_as_unknown_once_it_can_be) {
    auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    drill_at_noon(set);
    run_on(loop, look(*world, set));
    source_of(set).list_fails = Failure(Failure::Kind::unreachable, "no such host");
    open_slot("drill", noon);
    const Stream drills_of_set = stream(world, "drill");
    EXPECT_EQ(run_on(loop, drills_of_set.work(due(noon))), SlotResult::unknown);
    EXPECT_FALSE(is_open("drill"));
    EXPECT_EQ(drills().size(), 1u);

    source_of(set).list_fails.reset();
    run_on(loop, look(*world, set));
    EXPECT_EQ(finding(*world, "restore")->severity, Severity::unknown);
    EXPECT_NE(finding(*world, "restore")->summary.find("no such host"), std::string::npos);
}

TEST_F(DrillSlot, whose_drill_the_store_does_not_record_stays_open) {
    auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    drill_at_noon(set);
    open_slot("drill", noon);
    const Stream drills_of_set = stream(world, "drill");
    store.commits_to_refuse = 1;
    EXPECT_THROW(run_on(loop, drills_of_set.work(due(noon))), Failure);
    EXPECT_TRUE(is_open("drill"));

    EXPECT_EQ(run_on(loop, drills_of_set.work(due(noon))), SlotResult::failed);
    EXPECT_FALSE(is_open("drill"));
    EXPECT_EQ(drills().size(), 1u);
}

TEST_F(DrillSlot, that_was_interrupted_three_times_is_told_at_once) {
    auto world = make_world();
    add_set_with_backup(*world);
    open_slot("drill", noon, 3);

    run_on(loop, close_interrupted(world, {"shop", "nightly", "drill"}, noon));

    EXPECT_FALSE(is_open("drill"));
    ASSERT_EQ(drills().size(), 1u);
    EXPECT_EQ(drills()[0].outcome.backup_id, to_rfc3339(noon - 1h));
    EXPECT_EQ(finding(*world, "restore")->severity, Severity::unknown);
    EXPECT_EQ(finding(*world, "restore")->failures, 1);
}

TEST_F(DrillSlot, of_a_set_that_is_no_longer_watched_is_closed_all_the_same) {
    auto world = make_world();
    open_slot("drill", noon, 3);
    run_on(loop, close_interrupted(world, {"shop", "nightly", "drill"}, noon));
    EXPECT_FALSE(is_open("drill"));
}

}  // namespace
}  // namespace backupwatch
