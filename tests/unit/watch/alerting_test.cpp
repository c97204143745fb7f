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
        AlertPolicy policy;
        policy.lanes = {
            Lane{"slack", "", "endpoint-of-slack"},
            Lane{"pagerduty", "", "endpoint-of-pagerduty", true, "route"}};
        policy.steps = default_escalation(policy.lanes);
        world->alerting.use(std::move(policy));
        world->alerting.deliver = [this](std::vector<Pending> notices) {
            for (const Pending& pending : notices) {
                told.push_back(
                    name_of(pending.lane) + " " + std::string(to_string(pending.notice.kind)) +
                    " " + pending.notice.key.check
                );
                incident = pending.notice.incident;
                provider_page = pending.notice.provider_page;
            }
        };
        return world;
    }

    /// `backup` fails, as a look would find it.
    void find(World& world, int failed_nights) {
        Outcome outcome;
        outcome.database = "shop";
        outcome.set = "nightly";
        outcome.at = clock.now();
        Finding finding;
        finding.database = "shop";
        finding.set = "nightly";
        finding.check = "backup";
        finding.severity = failed_nights > 0 ? Severity::critical : Severity::ok;
        finding.failures = failed_nights;
        outcome.findings = {finding};
        run_on(loop, world.commit(std::move(outcome)));
    }

    Lines told_since() { return std::exchange(told, {}); }

    Lines told;
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

TEST_F(AlertingTest, acknowledges_an_incident_and_tells_the_pager) {
    auto world = make_telling_world();
    add_set(*world);
    find(*world, 2);
    told_since();
    run_on(loop, acknowledge(*world, incident));
    EXPECT_EQ(told_since(), Lines{"pagerduty acknowledged backup"});
    EXPECT_THROW(run_on(loop, acknowledge(*world, 4711)), Failure);
}

TEST_F(AlertingTest, keeps_a_silence_and_tells_when_it_is_taken_away) {
    auto world = make_telling_world();
    add_set(*world);
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
