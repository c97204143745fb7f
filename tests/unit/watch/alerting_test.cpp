// From a finding to what lies in the outbox: with a state that works, and with one that refuses.
#include "unit/watch/fixture.hpp"
#include "watch/handling.hpp"

namespace backupwatch {
namespace {

using Lines = std::vector<std::string>;

class AlertingTest : public Watch {
  protected:
    /// A world whose findings are told to slack at once, and to pagerduty at the second failure.
    std::shared_ptr<World> make_telling_world() {
        auto world = make_world();
        world->alerting.use(chat_and_pager());
        world->alerting.deliver = [this](std::vector<Pending> notices) {
            for (const Pending& pending : notices) {
                told.push_back(
                    name_of(pending.lane) + " " + std::string(to_string(pending.notice.kind)) +
                    " " + pending.notice.key.check
                );
                incident = pending.notice.incident;
                provider_page = pending.notice.provider_page;
                carried.push_back(pending);
            }
        };
        world->alerting.renumber = [this](const std::vector<KeptNotice>& recorded) {
            for (const KeptNotice& kept : recorded) {
                for (Pending& pending : carried) {
                    if (pending.id != kept.pending.id) continue;
                    pending.notice.incident = kept.pending.notice.incident;
                }
            }
        };
        return world;
    }

    /// `backup` fails, as a look would find it.
    void find(World& world, int failed_nights, const std::string& set = "nightly") {
        Outcome outcome;
        outcome.database = "shop";
        outcome.set = set;
        outcome.at = clock.now();
        Finding finding;
        finding.database = "shop";
        finding.set = set;
        finding.check = "backup";
        finding.severity = failed_nights > 0 ? Severity::critical : Severity::ok;
        finding.failures = failed_nights;
        outcome.findings = {finding};
        run_on(loop, world.commit(std::move(outcome)));
    }

    /// Judged by time alone, too: it is in the configuration.
    void watch_set(World& world, const std::string& name = "nightly") {
        add_set(world, name);
        run_on(loop, world.recall());
    }

    Lines told_since() { return std::exchange(told, {}); }

    /// What the state holds for people, as an `Outbox` that is read from the beginning.
    std::vector<Pending> outbox() { return run_on(loop, store.outbox(0)).pending; }

    /// As the delivery says it when the remote end has taken all that was carried.
    void deliver_all(World& world, bool is_recorded) {
        Settlement settlement;
        settlement.lane.endpoint = "endpoint-of-slack";
        for (const Pending& pending : carried) {
            settlement.gone.push_back(pending.id);
            Answer answer;
            answer.lane = answer.sent_to = pending.lane;
            answer.incident = pending.notice.incident;
            answer.made_at = answer.at = clock.now();
            settlement.answers.push_back(answer);
        }
        carried.clear();
        world.alerting.settled(settlement, false);
        if (!is_recorded) return;
        run_on(loop, store.settle(settlement));
        world.alerting.settled(settlement, true);
    }

    Lines told;
    std::vector<Pending> carried;
    std::int64_t incident = 0;
    std::string provider_page;
};

TEST_F(AlertingTest, tells_where_the_provider_shows_the_backups) {
    auto world = make_telling_world();
    source_of(add_set(*world)).page = "https://provider.example.com/shop";
    find(*world, 1);
    EXPECT_EQ(provider_page, "https://provider.example.com/shop");
    const Outbox outbox = run_on(loop, store.outbox(0));
    EXPECT_EQ(outbox.pending.at(0).notice.provider_page, provider_page) << "also after a restart";
}

TEST_F(AlertingTest, tells_what_a_commit_finds_and_knows_it_over_a_restart) {
    auto world = make_telling_world();
    add_set(*world);
    find(*world, 1);
    EXPECT_EQ(told_since(), Lines{"slack problem backup"});

    world = make_telling_world();
    add_set(*world);
    find(*world, 1);
    EXPECT_EQ(told_since(), Lines{});
    find(*world, 2);
    EXPECT_EQ(told_since(), Lines{"pagerduty problem backup"});
    find(*world, 0);
    EXPECT_EQ(told_since(), (Lines{"slack recovery backup", "pagerduty recovery backup"}));
    EXPECT_TRUE(world->alerting.open().empty());
}

TEST_F(AlertingTest, tells_from_memory_while_the_state_refuses_and_repeats_nothing_later) {
    auto world = make_telling_world();
    add_set(*world);
    store.refuses = true;
    find(*world, 1);
    EXPECT_EQ(told_since(), (Lines{"slack problem backup"}));
    find(*world, 1);
    EXPECT_EQ(told_since(), Lines{});
    EXPECT_LT(incident, 0) << "a number that the state has not given";
    store.refuses = false;
    find(*world, 1);
    EXPECT_EQ(told_since(), Lines{}) << "recorded, and not told again";
    ASSERT_EQ(world->alerting.open().size(), 1U);
    EXPECT_GT(world->alerting.open().begin()->first, 0);

    world = make_telling_world();
    add_set(*world);
    find(*world, 0);
    EXPECT_EQ(told_since(), Lines{"slack recovery backup"});
}

TEST_F(AlertingTest, puts_into_the_outbox_at_last_what_was_told_from_memory_and_not_delivered) {
    auto world = make_telling_world();
    watch_set(*world);
    store.refuses = true;
    find(*world, 1);
    ASSERT_EQ(carried.size(), 1U);
    EXPECT_TRUE(outbox().empty());
    store.refuses = false;
    run_on(loop, world->judge_all());
    ASSERT_EQ(outbox().size(), 1U);
    EXPECT_EQ(outbox().front().id, carried.front().id) << "it keeps its name";
    EXPECT_EQ(outbox().front().notice.incident, world->alerting.open().begin()->first);
    EXPECT_EQ(carried.front().notice.incident, world->alerting.open().begin()->first);
    run_on(loop, world->judge_all());
    EXPECT_EQ(outbox().size(), 1U) << "once";
}

TEST_F(AlertingTest, puts_nothing_into_the_outbox_that_was_delivered_meanwhile) {
    auto world = make_telling_world();
    watch_set(*world);
    store.refuses = true;
    find(*world, 1);
    deliver_all(*world, false);
    store.refuses = false;
    run_on(loop, world->judge_all());
    EXPECT_TRUE(outbox().empty());
    const auto& ledger = world->alerting.open().begin()->second.told;
    EXPECT_EQ(ledger.front().arrival, Arrival::told) << "and the ledger knows";
}

TEST_F(AlertingTest, knows_the_answer_that_came_while_the_incident_got_its_number) {
    auto world = make_telling_world();
    watch_set(*world);
    store.refuses = true;
    find(*world, 1);
    store.refuses = false;
    store.on_recorded = [&] { deliver_all(*world, false); };
    run_on(loop, world->judge_all());
    store.on_recorded = nullptr;
    EXPECT_EQ(world->alerting.open().begin()->second.told.front().arrival, Arrival::told);
    run_on(loop, world->judge_all());
    const auto kept = run_on(loop, store.incidents(clock.now()));
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(kept.front().told.front().arrival, Arrival::told) << "also after a restart";
    EXPECT_TRUE(world->alerting.unrecorded().empty());
}

TEST_F(AlertingTest, records_also_the_end_that_was_only_told_from_memory) {
    auto world = make_telling_world();
    watch_set(*world);
    find(*world, 1);
    deliver_all(*world, true);
    store.refuses = true;
    find(*world, 0);
    ASSERT_EQ(carried.size(), 1U);
    store.refuses = false;
    run_on(loop, world->judge_all());
    ASSERT_EQ(outbox().size(), 1U);
    EXPECT_EQ(outbox().front().notice.kind, NoticeKind::recovery);
    EXPECT_TRUE(run_on(loop, store.incidents(clock.now() + 1h)).empty()) << "none is open";
}

TEST_F(AlertingTest, holds_no_more_while_the_state_refuses_than_what_waits) {
    auto world = make_telling_world();
    watch_set(*world);
    store.refuses = true;
    for (int night = 0; night < 100; ++night) {
        find(*world, 1);
        find(*world, 0);
        deliver_all(*world, false);
    }
    store.refuses = false;
    run_on(loop, world->judge_all());
    EXPECT_TRUE(outbox().empty());
    EXPECT_TRUE(world->alerting.open().empty());
    EXPECT_TRUE(world->alerting.unrecorded().empty());
}

TEST_F(AlertingTest, asks_a_state_that_refuses_once_for_all_that_is_judged) {
    auto world = make_telling_world();
    for (const char* name : {"nightly", "hourly", "weekly"}) {
        watch_set(*world, name);
        find(*world, 1, name);
    }
    store.refuses = true;
    store.commits = 0;
    run_on(loop, world->judge_all());
    EXPECT_EQ(store.commits, 1);
}

TEST_F(AlertingTest, reopens_nothing_that_another_process_has_ended) {
    auto daemon = make_telling_world();
    watch_set(*daemon);
    find(*daemon, 1);
    told_since();
    clock.advance(1min);
    auto command = make_telling_world();
    watch_set(*command);
    find(*command, 0);
    EXPECT_EQ(told_since(), Lines{"slack recovery backup"});
    run_on(loop, daemon->judge_all());
    EXPECT_EQ(told_since(), Lines{});
    EXPECT_TRUE(run_on(loop, store.incidents(clock.now() + 1h)).empty());
    EXPECT_EQ(finding(*daemon, "backup")->severity, Severity::ok) << "its look was the later one";
}

TEST_F(AlertingTest, ends_from_memory_what_was_recorded_before) {
    auto world = make_telling_world();
    add_set(*world);
    find(*world, 1);
    store.refuses = true;
    find(*world, 0);
    EXPECT_EQ(told_since(), (Lines{"slack problem backup", "slack recovery backup"}));
    store.refuses = false;
    find(*world, 0);
    EXPECT_EQ(told_since(), Lines{});
    world = make_telling_world();
    EXPECT_TRUE(world->alerting.open().empty()) << "its end was recorded in the end";
}

TEST_F(AlertingTest, tells_the_end_also_to_those_of_whom_only_an_unreadable_state_knew) {
    auto world = make_telling_world();
    add_set(*world);
    find(*world, 2);
    EXPECT_EQ(told_since(), (Lines{"slack problem backup", "pagerduty problem backup"}));

    store.refuses_incidents = store.refuses = true;
    world = make_telling_world();
    add_set(*world);
    find(*world, 1);
    EXPECT_EQ(told_since(), Lines{"slack problem backup"}) << "nobody can know that it was told";
    store.refuses_incidents = store.refuses = false;
    find(*world, 0);
    EXPECT_EQ(told_since(), (Lines{"slack recovery backup", "pagerduty recovery backup"}));
}

TEST_F(AlertingTest, acknowledges_an_incident_and_tells_the_pager) {
    auto world = make_telling_world();
    add_set(*world);
    find(*world, 2);
    told_since();
    run_on(loop, acknowledge(*world, incident));
    EXPECT_EQ(told_since(), Lines{"pagerduty acknowledged backup"});
    EXPECT_THROW(run_on(loop, acknowledge(*world, 4711)), Failure);
}

TEST_F(AlertingTest, acknowledges_what_was_told_from_memory) {
    auto world = make_telling_world();
    watch_set(*world);
    store.refuses = true;
    find(*world, 2);
    told_since();
    ASSERT_LT(incident, 0);
    store.refuses = false;
    const Incident acknowledged = run_on(loop, acknowledge(*world, incident));
    EXPECT_GT(acknowledged.id, 0);
    EXPECT_TRUE(acknowledged.acknowledged_until);
    EXPECT_EQ(told_since(), Lines{"pagerduty acknowledged backup"});
    EXPECT_TRUE(world->alerting.unrecorded().empty());
}

TEST_F(AlertingTest, knows_after_a_reload_what_the_state_refused) {
    auto world = make_telling_world();
    add_set(*world);
    find(*world, 1);
    store.refuses = true;
    find(*world, 2);
    EXPECT_EQ(told_since(), (Lines{"slack problem backup", "pagerduty problem backup"}));
    auto next = reload(*world);
    add_set(*next);
    find(*next, 2);
    EXPECT_EQ(told_since(), Lines{});
}

TEST_F(AlertingTest, judges_on_though_a_look_is_dated_in_the_future) {
    auto world = make_telling_world();
    watch_set(*world);
    clock.set(noon + 240h);
    find(*world, 1);
    told_since();
    clock.set(noon);
    Outcome outcome;
    outcome.database = "shop";
    outcome.set = "nightly";
    outcome.at = clock.now();
    outcome.is_blind = true;
    Finding finding;
    finding.database = "shop";
    finding.set = "nightly";
    finding.check = "source";
    finding.severity = Severity::unknown;
    finding.failures = 1;
    outcome.findings = {finding};
    run_on(loop, world->commit(std::move(outcome)));
    told_since();
    AlertPolicy policy = world->alerting.policy();
    policy.lanes.push_back(Lane{"email", "", "endpoint-of-email"});
    policy.steps = default_escalation(policy.lanes);
    world->alerting.use(std::move(policy));
    store.commits = 0;
    run_on(loop, world->judge_again({"shop", "nightly"}));
    EXPECT_FALSE(told_since().empty());
    EXPECT_EQ(store.commits, 1) << "what is silent is no look";
}

TEST_F(AlertingTest, keeps_a_silence_and_tells_when_it_is_taken_away) {
    auto world = make_telling_world();
    watch_set(*world);
    const Silence made = run_on(loop, silence(*world, "shop/nightly", 2h, "migration"));
    find(*world, 1);
    EXPECT_EQ(told_since(), Lines{});
    EXPECT_EQ(world->alerting.next(), made.until);
    run_on(loop, unsilence(*world, made.id));
    run_on(loop, world->judge_again({"shop", "nightly"}));
    EXPECT_EQ(told_since(), Lines{"slack problem backup"});
    EXPECT_THROW(run_on(loop, unsilence(*world, made.id)), Failure);
    EXPECT_THROW(run_on(loop, silence(*world, "shop/none", 2h, "")), Failure);
    EXPECT_THROW(run_on(loop, silence(*world, "a/b/c/d", 2h, "")), Failure);
}

TEST_F(AlertingTest, judges_by_time_alone_what_falls_due) {
    auto world = make_telling_world();
    add_set(*world);
    AlertPolicy policy = world->alerting.policy();
    policy.reminders = {24h};
    world->alerting.use(std::move(policy));
    find(*world, 1);
    told_since();
    ASSERT_EQ(world->alerting.next(), noon + 24h);
    clock.advance(24h);
    const auto due = world->alerting.due(clock.now());
    ASSERT_EQ(due.size(), 1U);
    run_on(loop, world->judge_again(due.front()));
    EXPECT_EQ(told_since(), Lines{"slack reminder backup"});
}

}  // namespace
}  // namespace backupwatch
