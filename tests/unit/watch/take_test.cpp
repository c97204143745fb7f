#include "core/backup/backup.hpp"
#include "unit/watch/fixture.hpp"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>

namespace backupwatch {
namespace {

using Ids = std::vector<std::string>;

/// What is logged while it lives.
class Logged {
  public:
    Logged() : sink_(std::make_shared<spdlog::sinks::ostream_sink_st>(text_)) {
        spdlog::default_logger()->sinks().push_back(sink_);
    }
    ~Logged() { std::erase(spdlog::default_logger()->sinks(), sink_); }
    Logged(const Logged&) = delete;
    Logged& operator=(const Logged&) = delete;

    bool has(const std::string& words) const {
        return text_.str().find(words) != std::string::npos;
    }

  private:
    std::ostringstream text_;
    spdlog::sink_ptr sink_;
};

class TakeSlot : public Watch {
  protected:
    TakeSlot() : world(make_world()), set(add_set(*world)), source(source_of(set)) {
        set.settings.drill.reset();
        set.settings.take = std::get<Schedule>(Schedule::parse("12:00"));
    }

    /// Works the slot of noon as the scheduler does.
    void begin_slot() { begin_slot_of(noon); }
    void begin_slot_of(Instant slot) {
        open_slot("take", slot);
        begin(work(stream(world, "take"), slot));
    }
    Task<> work(Stream takes, Instant slot) { result = co_await takes.work(due(slot)); }
    Task<> take_by_hand(WatchedSet& other) {
        const SlotOf none;
        ProgressSink nobody = [](const Progress&) {};
        co_await take(*world, other, TakeRequest(), none, std::move(nobody));
    }

    /// The slot of noon begins and gets no turn, of which the failed dump says why.
    std::string error_of_a_late_turn() {
        begin_slot();
        clock.advance(set.settings.grace - 1min);
        EXPECT_FALSE(result);
        clock.advance(2min);

        EXPECT_EQ(result, SlotResult::failed);
        EXPECT_EQ(source.takes, 0);
        EXPECT_FALSE(is_open("take"));
        const auto failed = failed_takes();
        EXPECT_EQ(failed.size(), 1u);
        return failed.empty() ? "" : failed.front().error;
    }

    std::shared_ptr<World> world;
    WatchedSet& set;
    FakeSource& source;
    std::optional<SlotResult> result;
};

TEST_F(TakeSlot, is_tried_three_times_on_what_may_pass_after_half_a_minute_and_two_more) {
    source.take_fails = Failure(Failure::Kind::unreachable, "no connection");
    begin_slot();
    EXPECT_EQ(source.takes, 1);
    clock.advance(29s);
    EXPECT_EQ(source.takes, 1);
    clock.advance(1s);
    EXPECT_EQ(source.takes, 2);
    clock.advance(2min);
    EXPECT_EQ(source.takes, 3);

    EXPECT_EQ(result, SlotResult::failed);
    EXPECT_FALSE(is_open("take"));
    ASSERT_EQ(failed_takes().size(), 1u);
    EXPECT_EQ(failed_takes()[0].error, "no connection");
    EXPECT_EQ(finding(*world, "backup")->severity, Severity::critical);
}

TEST_F(TakeSlot, that_succeeds_at_the_second_try_is_ok) {
    source.take_fails = Failure(Failure::Kind::timeout, "too slow");
    begin_slot();
    source.take_fails.reset();
    clock.advance(30s);

    EXPECT_EQ(result, SlotResult::ok);
    EXPECT_EQ(failed_takes().size(), 0u);
    EXPECT_EQ(finding(*world, "backup")->severity, Severity::ok);
}

TEST_F(TakeSlot, is_not_tried_again_after_its_grace) {
    set.settings.grace = 1min;
    source.take_fails = Failure(Failure::Kind::unreachable, "no connection");
    begin_slot();
    clock.advance(1h);
    EXPECT_EQ(source.takes, 2);
    EXPECT_EQ(result, SlotResult::failed);
}

TEST_F(TakeSlot, has_its_grace_from_when_it_begins_however_late_that_is) {
    clock.set(noon + 5h);
    source.take_fails = Failure(Failure::Kind::unreachable, "no connection");
    begin_slot();
    clock.advance(10min);
    EXPECT_EQ(source.takes, 3);
}

TEST_F(TakeSlot, is_not_tried_again_on_what_another_try_cannot_mend) {
    source.take_fails = Failure(Failure::Kind::denied, "no right");
    begin_slot();
    EXPECT_EQ(result, SlotResult::failed);
    EXPECT_EQ(source.takes, 1);
}

TEST_F(TakeSlot, rests_between_tries_however_the_clock_is_set) {
    source.take_fails = Failure(Failure::Kind::unreachable, "no connection");
    begin_slot();
    clock.set(noon + 10min);
    EXPECT_EQ(source.takes, 1);
    clock.advance(30s);
    EXPECT_EQ(source.takes, 2);
}

TEST_F(TakeSlot, whose_turn_does_not_come_within_grace_has_failed_and_is_told) {
    const auto another_process = FileLock::try_acquire(folder / "locks/shop/nightly.lock");
    const std::string error = error_of_a_late_turn();

    EXPECT_NE(error.find("another process"), std::string::npos);
    EXPECT_EQ(finding(*world, "backup")->severity, Severity::critical);
}

TEST_F(TakeSlot, waits_no_longer_than_grace_for_a_drill_of_its_own_set) {
    Semaphore::Place turn = run_on(loop, set.turn.acquire());
    set.running = "drill";
    const std::string error = error_of_a_late_turn();

    EXPECT_EQ(error, "its turn did not come within 1 h: a drill of shop/nightly is not over");
    EXPECT_EQ(finding(*world, "backup")->severity, Severity::critical);
    turn = {};
    EXPECT_TRUE(set.turn.try_acquire()) << "nobody waits for it any more";
}

TEST_F(TakeSlot, waits_no_longer_than_grace_for_the_dumps_of_other_sets) {
    WatchedSet& crawling = add_set(*world, "crawling");
    WatchedSet& waiting = add_set(*world, "waiting");
    source_of(crawling).take_lasts = 10h;
    begin(take_by_hand(crawling));
    begin(take_by_hand(waiting));
    const std::string error = error_of_a_late_turn();

    EXPECT_EQ(
        error,
        "its turn did not come within 1 h: the dump of shop/crawling is not over, and "
        "`concurrency.dumps` is 1"
    );
    clock.advance(9h);
    EXPECT_EQ(source_of(waiting).takes, 1) << "who asks by hand waits on";
}

TEST_F(TakeSlot, has_all_its_waiting_together_within_one_grace) {
    Semaphore::Place turn = run_on(loop, set.turn.acquire());
    const Semaphore::Place place = run_on(loop, world->dumps.acquire());
    begin_slot();
    clock.advance(50min);
    turn = {};
    clock.advance(11min);
    EXPECT_EQ(result, SlotResult::failed);
}

TEST_F(TakeSlot, that_the_store_does_not_record_stays_open) {
    store.refuses = true;
    begin_slot();
    EXPECT_EQ(source.takes, 1);
    EXPECT_TRUE(is_open("take"));
    EXPECT_FALSE(result) << "the scheduler hears of it, and rests";
    EXPECT_EQ(failures, std::vector<std::string>{"the disk is full"});
    EXPECT_EQ(world->store_error, "the disk is full");
    EXPECT_EQ(finding(*world, "backup")->severity, Severity::ok) << "held in memory";
}

TEST_F(TakeSlot, that_leaves_something_behind_says_where) {
    source.take_fails = Failure(Failure::Kind::denied, "no right");
    const Logged logged;
    begin_slot();
    EXPECT_FALSE(logged.has("not removed"));

    source.take_leaves = "/dumps/.partial-1";
    clock.advance(24h);
    begin_slot_of(noon + 24h);
    EXPECT_TRUE(logged.has("not removed in time"));
    EXPECT_TRUE(logged.has("database=shop set=nightly folder=/dumps/.partial-1"));
}

TEST_F(TakeSlot, that_was_interrupted_three_times_is_told_at_once) {
    open_slot("take", noon, 3);
    run_on(loop, close_interrupted(world, {"shop", "nightly", "take"}, noon));
    EXPECT_FALSE(is_open("take"));
    EXPECT_EQ(failed_takes().size(), 1u);
    EXPECT_EQ(finding(*world, "backup")->severity, Severity::critical);
}

/// Ten nights before this one, of which eight days are kept.
class Retention : public TakeSlot {
  protected:
    Retention() {
        for (int night = 10; night >= 1; --night) source.add(noon - night * 24h);
    }

    /// The dump of then passes a drill.
    void record_pass(Instant then) {
        DrillRecord record;
        record.database = set.database;
        record.set = set.settings.name;
        record.outcome.backup_id = to_rfc3339(then);
        record.outcome.backup_at = then;
        record.outcome.finished_at = clock.now();
        record.outcome.result = DrillOutcome::Result::passed;
        Outcome outcome;
        outcome.database = set.database;
        outcome.set = set.settings.name;
        outcome.at = clock.now();
        outcome.drill = record;
        remember_drill(set, record);
        run_on(loop, store.commit(std::move(outcome)));
    }
};

TEST_F(Retention, lets_go_what_is_too_old_and_misses_it_no_more) {
    begin_look(*world, set);
    begin_slot();
    EXPECT_EQ(source.removed, (Ids{to_rfc3339(noon - 240h), to_rfc3339(noon - 216h)}));
    EXPECT_EQ(finding(*world, "retention")->severity, Severity::ok)
        << finding(*world, "retention")->summary;
}

TEST_F(Retention, lets_nothing_go_while_a_backup_is_restored_in_an_emergency) {
    auto restore = FileLock::try_acquire(folder / "locks/shop/nightly.restore");
    begin_slot();
    EXPECT_EQ(result, SlotResult::ok);
    EXPECT_EQ(source.removed, Ids());

    restore.reset();
    clock.advance(24h);
    begin_slot_of(noon + 24h);
    EXPECT_EQ(source.removed.size(), 3U);
}

TEST_F(Retention, misses_nothing_of_a_removal_that_failed_half_way) {
    set.settings.reach_back = 12 * 24h;
    begin_look(*world, set);
    source.cannot_remove = to_rfc3339(noon - 216h);
    begin_slot();
    ASSERT_EQ(source.removed, Ids{to_rfc3339(noon - 240h)});
    EXPECT_EQ(result, SlotResult::ok);
    EXPECT_EQ(finding(*world, "retention")->summary.find("gone before time"), std::string::npos)
        << finding(*world, "retention")->summary;
    const auto seen = run_on(loop, store.seen("shop", "nightly", Instant()));
    EXPECT_EQ(seen.front().id, to_rfc3339(noon - 216h));
}

TEST_F(Retention, keeps_the_last_that_passed_a_drill) {
    record_pass(noon - 240h);
    begin_slot();
    EXPECT_EQ(source.removed, Ids{to_rfc3339(noon - 216h)});
}

TEST_F(Retention, speaks_of_a_drill_that_never_passed_only_where_something_would_go) {
    set.settings.drill.emplace();
    set.settings.retention.keep = 30 * 24h;
    const Logged logged;
    begin_slot();
    EXPECT_FALSE(logged.has("cannot remove old dumps"));

    set.settings.retention.keep = 8 * 24h;
    clock.advance(24h);
    begin_slot_of(noon + 24h);
    EXPECT_TRUE(logged.has("`backupwatch drill shop/nightly`"));
    EXPECT_EQ(source.removed, Ids());
}

TEST_F(Retention, lets_nothing_go_until_a_drill_is_known_to_have_passed) {
    set.settings.drill.emplace();
    begin_slot();
    EXPECT_EQ(result, SlotResult::ok);
    EXPECT_EQ(source.removed, Ids());

    record_pass(noon - 240h);
    clock.advance(24h);
    begin_slot_of(noon + 24h);
    EXPECT_EQ(source.removed, (Ids{to_rfc3339(noon - 216h), to_rfc3339(noon - 192h)}));
}

TEST_F(Retention, lets_nothing_go_where_the_one_that_passed_is_gone) {
    set.settings.drill.emplace();
    record_pass(noon - 300h);
    begin_slot();
    EXPECT_EQ(source.removed, Ids());
}

TEST_F(Retention, lets_nothing_go_where_the_only_one_that_passed_is_damaged_since) {
    begin_look(*world, set);
    record_pass(noon - 24h);
    set.settings.drill.emplace();
    source.backups[9].status = BackupStatus::failed;
    begin_slot();
    EXPECT_EQ(source.removed, Ids());
}

TEST_F(Retention, lets_go_what_was_seen_whole_and_is_damaged_and_no_other_failed_one) {
    source.backups.front().status = BackupStatus::failed;
    begin_look(*world, set);
    for (const int recent : {1, 9}) source.backups[recent].status = BackupStatus::failed;
    begin_slot();
    EXPECT_EQ(source.removed, Ids{to_rfc3339(noon - 216h)});
    EXPECT_EQ(
        run_on(loop, store.seen("shop", "nightly", Instant())).front().id, to_rfc3339(noon - 192h)
    );
}

TEST_F(Retention, keeps_a_damaged_one_that_passed_a_drill_and_the_whole_one_before_it) {
    begin_look(*world, set);
    record_pass(noon - 240h);
    record_pass(noon - 216h);
    source.backups[1].status = BackupStatus::failed;
    begin_slot();
    EXPECT_EQ(source.removed, Ids());
}

TEST_F(Retention, lets_nothing_go_after_a_dump_that_failed) {
    source.take_fails = Failure(Failure::Kind::denied, "no right");
    begin_slot();
    EXPECT_EQ(source.removed, Ids());
}

TEST_F(Retention, lets_nothing_go_while_the_clock_may_be_wrong) {
    world->clock_watch.look({clock.now(), clock.uptime()});
    clock.set(noon + 30 * 24h);
    begin_slot();
    EXPECT_EQ(result, SlotResult::ok);
    EXPECT_EQ(source.removed, Ids());
}

}  // namespace
}  // namespace backupwatch
