// Looks that come back after what people were told meanwhile: a poll beside a dump, above all.
#include "unit/watch/fixture.hpp"
#include "watch/drill_work.hpp"
#include "watch/look_and_commit.hpp"

namespace backupwatch {
namespace {

using Lines = std::vector<std::string>;

class OvertakenLook : public Watch {
  protected:
    OvertakenLook() : world(make_world()), set(add_set(*world)), source(source_of(set)) {
        set.settings.drill.reset();
        set.settings.take = std::get<Schedule>(Schedule::parse("12:00"));
        AlertPolicy policy;
        policy.lanes = {Lane{"slack", "", "endpoint-of-slack"}};
        policy.steps = default_escalation(policy.lanes);
        world->alerting.use(std::move(policy));
        world->alerting.deliver = [this](const std::vector<Pending>& notices) {
            for (const Pending& pending : notices) {
                told.push_back(
                    std::string(to_string(pending.notice.kind)) + " " + pending.notice.key.check
                );
            }
        };
    }

    /// A poll that has read, and whose answer comes after this.
    void begin_slow_look(Duration lasts) {
        source.list_lasts = lasts;
        begin(look_only(*world, set));
        source.list_lasts = {};
    }
    /// The dump of noon ends at once.
    void begin_take() {
        open_slot("take", noon);
        begin(work(stream(world, "take")));
    }
    void begin_failing_take() {
        source.take_fails = Failure(Failure::Kind::denied, "no right");
        begin_take();
    }
    Task<> conclude(Outcome outcome) { co_await look_and_commit(*world, set, std::move(outcome)); }
    Severity backup() const { return finding(*world, "backup")->severity; }

    std::shared_ptr<World> world;
    WatchedSet& set;
    FakeSource& source;
    Lines told;

  private:
    static Task<> work(Stream takes) { co_await takes.work(due(noon)); }
};

TEST_F(OvertakenLook, takes_back_no_dump_that_failed_since_it_read_the_state) {
    store.before_failed_takes = [this] { return pause(clock, 2s); };
    begin(look_only(*world, set));
    store.before_failed_takes = nullptr;
    begin_failing_take();
    ASSERT_EQ(told, Lines{"problem backup"});

    clock.advance(1min);
    EXPECT_EQ(backup(), Severity::critical);
    EXPECT_EQ(told, Lines{"problem backup"});
    EXPECT_EQ(set.last_look, noon + 2s) << "it was judged all the same";
}

TEST_F(OvertakenLook, takes_back_no_failure_that_the_provider_tells_since_it_asked) {
    source.add(noon - 1h);
    begin_slow_look(10s);
    Backup failed;
    failed.id = "failed";
    failed.status = BackupStatus::failed;
    failed.started_at = noon;
    source.backups.push_back(failed);
    begin(look_only(*world, set));
    ASSERT_EQ(told, Lines{"problem backup"});

    clock.advance(1min);
    EXPECT_EQ(told, Lines{"problem backup"});
}

TEST_F(OvertakenLook, fails_no_set_whose_dump_is_there_since_it_asked) {
    set.settings.reach_back = 24h;
    clock.advance(30h);
    set.watched_since = noon - 48h;
    begin_slow_look(0s);
    ASSERT_EQ(told, Lines{"problem backup"});
    begin_slow_look(10s);
    begin_take();
    const Lines ended{"problem backup", "recovery backup"};
    ASSERT_EQ(told, ended);

    clock.advance(1min);
    EXPECT_EQ(backup(), Severity::ok);
    EXPECT_EQ(told, ended);
}

TEST_F(OvertakenLook, knows_of_a_dump_that_failed_before_the_state_does) {
    Semaphore::Place turn = run_on(loop, world->alerting.turn.acquire());
    begin_failing_take();
    ASSERT_EQ(failed_takes().size(), 0U);
    begin(look_only(*world, set));
    EXPECT_EQ(backup(), Severity::critical);

    turn = {};
    clock.settle();
    EXPECT_EQ(failed_takes().size(), 1U);
    EXPECT_EQ(told, Lines{"problem backup"});
}

TEST_F(OvertakenLook, knows_of_a_dump_that_failed_and_that_the_state_refused_to_keep) {
    store.refuses = true;
    begin_failing_take();
    ASSERT_EQ(told, Lines{"problem backup"});
    store.refuses = false;
    begin(look_only(*world, set));
    EXPECT_EQ(backup(), Severity::critical);
    EXPECT_EQ(told, Lines{"problem backup"});

    // Its slot is open still, and is worked again.
    clock.advance(10s);
    source.take_fails.reset();
    begin_take();
    EXPECT_EQ(told, (Lines{"problem backup", "recovery backup"}));
}

TEST_F(OvertakenLook, misses_nothing_that_retention_let_go_before_the_state_knows) {
    set.settings.reach_back = 30 * 24h;
    for (int night = 10; night >= 1; --night) source.add(noon - night * 24h);
    begin(look_only(*world, set));
    Semaphore::Place turn = run_on(loop, world->alerting.turn.acquire());
    begin_take();
    ASSERT_EQ(source.removed.size(), 2U);
    begin(look_only(*world, set));
    turn = {};
    clock.settle();

    const std::string summary = finding(*world, "retention")->summary;
    EXPECT_EQ(summary.find("gone before time"), std::string::npos) << summary;
    EXPECT_EQ(run_on(loop, store.seen("shop", "nightly", Instant())).size(), 9U);
}

TEST_F(OvertakenLook, reads_no_more_than_its_share_where_each_reading_is_overtaken) {
    source.add(noon - 1h);
    begin_slow_look(10s);
    source.list_lasts = 10s;
    for (int turn = 0; turn < 8; ++turn) {
        clock.advance(5s);
        begin_slow_look(0s);
        source.list_lasts = 10s;
    }
    // Its own three, and one of each of the others.
    EXPECT_EQ(source.lists, 3 + 8);
    EXPECT_EQ(scope->size(), 0U);
}

TEST_F(OvertakenLook, counts_a_drill_once_however_often_it_reads) {
    source.add(noon - 1h);
    Outcome outcome;
    outcome.drill = unrun_drill(set, source.backups.front(), "no memory", noon);
    store.before_failed_takes = [this] { return pause(clock, 2s); };
    begin(conclude(std::move(outcome)));
    store.before_failed_takes = nullptr;
    begin(look_only(*world, set));
    clock.advance(1min);
    EXPECT_EQ(source.lists, 3);
    EXPECT_EQ(set.drills_not_passed, 1);
    EXPECT_EQ(drills().size(), 1U);
}

}  // namespace
}  // namespace backupwatch
