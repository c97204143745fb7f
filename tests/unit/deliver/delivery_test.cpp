#include "unit/deliver/delivery_fixture.hpp"

namespace backupwatch {
namespace {

TEST_F(DeliveryTest, tells_at_once_and_once) {
    FakeNotifier& slack = notifier("slack");
    begin();
    tell("slack", problem, 1);
    clock_.advance(1h);
    EXPECT_EQ(slack.sent, Lines{"problem d1"});
    EXPECT_TRUE(delivery_->is_idle());
    EXPECT_EQ(counts_["slack delivered"], 1);
}

TEST_F(DeliveryTest, finds_what_another_process_recorded) {
    FakeNotifier& slack = notifier("slack");
    begin();
    record("slack", problem, 1);
    clock_.advance(6s);
    EXPECT_EQ(slack.sent, Lines{"problem d1"});
}

TEST_F(DeliveryTest, tells_in_the_order_in_which_it_was_recorded_by_whichever_process) {
    FakeNotifier& slack = notifier("slack");
    begin();
    tell("slack", problem, 1);
    record("slack", problem, 2);
    tell("slack", recovery, 2);
    clock_.advance(1h);
    EXPECT_EQ(slack.sent, (Lines{"problem d1", "passed_by d2"}));
    tell("slack", recovery, 1);
    EXPECT_EQ(slack.sent.back(), "recovery d1") << "at once: nothing lies in between";
}

TEST_F(DeliveryTest, tells_what_is_made_up_after_what_was_recorded_before_it) {
    FakeNotifier& slack = notifier("slack");
    slack.answers = {{SendResult::retry, "503", {}}};
    begin();
    const std::vector<Pending> recorded = record("slack", problem, 1);
    Pending made_up = recorded.front();
    made_up.id = -5;
    made_up.order = 0;
    made_up.notice.incident = -7;
    made_up.notice.key.database = "made up";
    delivery_->add(recorded);
    delivery_->add({made_up});
    clock_.advance(1min);
    EXPECT_EQ(slack.sent, (Lines{"problem d1", "problem d1", "problem made up"}));
}

TEST_F(DeliveryTest, says_and_sends_nothing_before_it_knows_how_lanes_did) {
    FakeNotifier& slack = notifier("slack");
    slack.answers = {{SendResult::broken, "no_service", {}}};
    begin();
    tell("slack", problem, 1);
    store_.is_unreadable = true;
    restart();
    EXPECT_FALSE(delivery_->is_ready());
    tell("slack", problem, 2);
    clock_.advance(6s);
    EXPECT_EQ(slack.sent.size(), 1U);
    EXPECT_EQ(ready_, 1) << "once, of the first process";
    slack.answers = {{SendResult::broken, "no_service", {}}};
    store_.is_unreadable = false;
    clock_.advance(6s);
    EXPECT_EQ(ready_, 2);
    EXPECT_EQ(slack.sent, (Lines{"problem d1", "problem d1"}));
    EXPECT_EQ(delivery_->health().front().failing_since, start) << "as the earlier process knew";
}

TEST_F(DeliveryTest, tells_in_the_end_though_the_state_cannot_be_read) {
    FakeNotifier& slack = notifier("slack");
    store_.is_unreadable = true;
    begin();
    tell("slack", problem, 1);
    clock_.advance(25s);
    EXPECT_TRUE(slack.sent.empty());
    clock_.advance(10s);
    EXPECT_EQ(slack.sent, Lines{"problem d1"});
    EXPECT_TRUE(delivery_->is_ready());
}

TEST_F(DeliveryTest, goes_on_after_a_crash_with_the_same_name) {
    FakeNotifier& slack = notifier("slack");
    slack.hangs = true;
    begin();
    tell("slack", problem, 1);
    slack.hangs = false;
    restart();
    clock_.advance(1s);
    EXPECT_EQ(slack.sent, (Lines{"problem d1", "problem d1"}));
    EXPECT_EQ(slack.ids[0], slack.ids[1]);
    restart();
    clock_.advance(1h);
    EXPECT_EQ(slack.sent.size(), 2U) << "recorded as told";
}

TEST_F(DeliveryTest, hears_the_answer_that_comes_after_it_is_told_to_stop) {
    FakeNotifier& slack = notifier("slack");
    slack.hangs = true;
    begin();
    tell("slack", problem, 1);
    scope_->cancel();
    clock_.advance(1s);
    ASSERT_NE(slack.hanging, nullptr);
    slack.hanging->cancel();
    clock_.settle();
    EXPECT_EQ(scope_->size(), 0U);
    EXPECT_TRUE(run_on(loop_, kept_->outbox(0)).pending.empty()) << "told, and recorded";
}

TEST_F(DeliveryTest, records_after_a_while_that_nobody_knows_what_a_stop_broke_off) {
    FakeNotifier& slack = notifier("slack");
    slack.hangs = true;
    begin();
    tell("slack", problem, 1);
    scope_->cancel();
    clock_.advance(3s);
    EXPECT_EQ(scope_->size(), 0U);
    const auto waiting = run_on(loop_, kept_->outbox(0)).pending;
    ASSERT_EQ(waiting.size(), 1U);
    EXPECT_TRUE(waiting.front().may_have_arrived);
}

TEST_F(DeliveryTest, keeps_waiting_as_long_as_it_was_asked_to_over_a_restart) {
    FakeNotifier& slack = notifier("slack");
    slack.answers = {{SendResult::retry, "429", 600s}};
    begin();
    tell("slack", problem, 1);
    clock_.advance(60s);
    restart();
    clock_.advance(530s);
    EXPECT_EQ(slack.sent.size(), 1U);
    clock_.advance(20s);
    EXPECT_EQ(slack.sent.size(), 2U);
    EXPECT_EQ(health_changes_, 2);
}

TEST_F(DeliveryTest, waits_as_asked_though_the_endpoint_is_broken) {
    FakeNotifier& slack = notifier("slack");
    for (int i = 0; i < 4; ++i) slack.answers.push_back({SendResult::bad_payload, "no_text", {}});
    slack.answers.push_back({SendResult::retry, "429", 3600s});
    begin();
    tell("slack", problem, 1);
    tell("slack", problem, 2);
    clock_.advance(31min);
    EXPECT_TRUE(delivery_->health().front().is_broken);
    const std::size_t sent = slack.sent.size();
    delivery_->use({{"slack", notifiers_["slack"]}});
    clock_.advance(1min);
    EXPECT_EQ(slack.sent.size(), sent) << "a reload mends nothing of that";
    restart();
    clock_.advance(50min);
    EXPECT_EQ(slack.sent.size(), sent) << "nor does a restart";
    clock_.advance(10min);
    EXPECT_EQ(counts_["slack delivered"], 2);
}

TEST_F(DeliveryTest, never_lets_one_wait_for_another) {
    FakeNotifier& slack = notifier("slack");
    FakeNotifier& email = notifier("email");
    slack.hangs = true;
    begin();
    tell("slack", problem, 1);
    tell("email", problem, 1);
    EXPECT_EQ(slack.sent.size(), 1U);
    EXPECT_EQ(email.sent.size(), 1U);
    EXPECT_TRUE(counts_["email delivered"] == 1);
}

TEST_F(DeliveryTest, tells_by_the_notifier_that_was_named_though_two_share_an_endpoint) {
    FakeNotifier& one = notifier("a");
    FakeNotifier& other = notifier("b");
    other.move("endpoint-of-a");
    begin();
    tell("b", problem, 1);
    EXPECT_TRUE(one.sent.empty());
    EXPECT_EQ(other.sent, Lines{"problem d1"});
    ASSERT_EQ(answers_.size(), 1U);
    EXPECT_EQ(answers_[0].sent_to.notifier, "b") << "for the ledger";
}

TEST_F(DeliveryTest, says_of_each_in_a_storm_by_whom_it_was_told_though_two_share_an_endpoint) {
    notifier("a");
    notifier("b").move("endpoint-of-a");
    begin();
    std::vector<Pending> all;
    for (int i = 1; i <= 10; ++i) {
        for (Pending& pending : record(i % 2 == 0 ? "a" : "b", problem, i)) {
            all.push_back(std::move(pending));
        }
    }
    delivery_->add(std::move(all));
    clock_.advance(1min);
    ASSERT_EQ(answers_.size(), 10U);
    for (const Answer& answer : answers_) EXPECT_EQ(answer.lane.notifier, answer.sent_to.notifier);
}

TEST_F(DeliveryTest, tells_in_one_message_what_is_over_before_it_could_be_told) {
    FakeNotifier& slack = notifier("slack");
    slack.answers = {{SendResult::retry, "refused", {}}};
    begin();
    tell("slack", problem, 1);
    tell("slack", recovery, 1);
    clock_.advance(10s);
    EXPECT_EQ(slack.sent, (Lines{"problem d1", "passed_by d1"}));
    EXPECT_EQ(counts_["slack merged"], 1);
    restart();
    clock_.advance(1h);
    EXPECT_EQ(slack.sent.size(), 2U);
}

TEST_F(DeliveryTest, tells_the_end_of_what_may_have_arrived) {
    FakeNotifier& slack = notifier("slack");
    slack.answers = {{SendResult::ambiguous, "timed out", {}}};
    begin();
    tell("slack", problem, 1);
    tell("slack", recovery, 1);
    clock_.advance(10s);
    EXPECT_EQ(slack.sent, (Lines{"problem d1", "problem d1", "recovery d1"}));
}

TEST_F(DeliveryTest, records_what_was_told_while_the_lane_waits_for_something_else) {
    FakeNotifier& slack = notifier("slack");
    begin();
    store_.refuses = true;
    tell("slack", problem, 1);
    slack.answers = {{SendResult::retry, "503", 3600s}};
    tell("slack", problem, 2);
    store_.refuses = false;
    clock_.advance(6s);
    restart();
    clock_.advance(1min);
    EXPECT_EQ(slack.sent, (Lines{"problem d1", "problem d2"}));
}

TEST_F(DeliveryTest, says_a_refused_payload_once_more_in_bare_words_and_goes_on) {
    FakeNotifier& slack = notifier("slack");
    slack.answers = {
        {SendResult::bad_payload, "invalid_blocks", {}},
        {SendResult::bad_payload, "no_text", {}},
        {SendResult::delivered, "ok", {}},
        {SendResult::bad_payload, "invalid_blocks", {}},
        {SendResult::bad_payload, "no_text", {}},
    };
    begin();
    tell("slack", problem, 1);
    tell("slack", problem, 2);
    clock_.advance(10s);
    EXPECT_EQ(
        slack.sent,
        (Lines{"problem d1", "plainly problem d1", "problem d2", "problem d1", "plainly problem d1"}
        )
    );
    EXPECT_EQ(counts_["slack dropped"], 1);
    ASSERT_EQ(answers_.size(), 2U);
    EXPECT_EQ(answers_[0].arrival, Arrival::told);
    EXPECT_EQ(answers_[1].arrival, Arrival::refused) << "for the ledger";
    EXPECT_EQ(answers_[1].incident, 1);
    EXPECT_FALSE(delivery_->health().front().failing_since);
}

TEST_F(DeliveryTest, takes_who_refuses_one_after_the_other_for_broken) {
    FakeNotifier& slack = notifier("slack");
    for (int i = 0; i < 4; ++i) slack.answers.push_back({SendResult::bad_payload, "no_text", {}});
    begin();
    tell("slack", problem, 1);
    tell("slack", problem, 2);
    clock_.advance(10s);
    EXPECT_EQ(counts_["slack dropped"], 0);
    EXPECT_TRUE(delivery_->health().front().is_broken);
    tell("slack", problem, 3);
    EXPECT_FALSE(delivery_->health().front().is_broken) << "shown what is new at once";
    EXPECT_EQ(counts_["slack delivered"], 3) << "and then all that it had refused";
}

TEST_F(DeliveryTest, ends_repeating_what_may_have_arrived) {
    FakeNotifier& slack = notifier("slack");
    for (int i = 0; i < 100; ++i) slack.answers.push_back({SendResult::ambiguous, "timed out", {}});
    begin();
    tell("slack", problem, 1);
    clock_.advance(24h);
    EXPECT_EQ(slack.sent.size(), 5U);
    EXPECT_EQ(std::set<std::string>(slack.ids.begin(), slack.ids.end()).size(), 1U);
    EXPECT_EQ(counts_["slack unclear"], 1);
    ASSERT_EQ(answers_.size(), 1U);
    EXPECT_EQ(answers_[0].arrival, Arrival::unclear);
    EXPECT_TRUE(delivery_->is_idle());
}

TEST_F(DeliveryTest, halves_a_refused_storm_until_what_spoils_it_is_alone) {
    FakeNotifier& slack = notifier("slack");
    // All ten, five of them, two of those, and the one; and that again, after the others.
    const Receipt refused{SendResult::bad_payload, "invalid_blocks", {}};
    for (int i = 0; i < 8; ++i) slack.answers.push_back(refused);
    for (int i = 0; i < 3; ++i) slack.answers.push_back({SendResult::delivered, "ok", {}});
    for (int i = 0; i < 2; ++i) slack.answers.push_back(refused);
    begin();
    std::vector<Pending> all;
    for (int i = 1; i <= 10; ++i) {
        for (Pending& pending : record("slack", problem, i)) all.push_back(std::move(pending));
    }
    delivery_->add(std::move(all));
    clock_.advance(5min);
    EXPECT_EQ(counts_["slack delivered"], 9);
    EXPECT_EQ(counts_["slack dropped"], 1) << "the one that spoilt it";
    EXPECT_EQ(slack.sent.size(), 8U + 3U + 2U) << "and the halves without it";
}

TEST_F(DeliveryTest, makes_a_storm_a_few_messages_that_name_all) {
    FakeNotifier& slack = notifier("slack");
    slack.most = 40;
    begin();
    std::vector<Pending> all;
    for (int i = 1; i <= 100; ++i) {
        for (Pending& pending : record("slack", problem, i)) all.push_back(std::move(pending));
    }
    delivery_->add(std::move(all));
    clock_.advance(5min);
    EXPECT_LE(slack.sent.size(), 4U);
    EXPECT_EQ(counts_["slack delivered"], 100);
    EXPECT_TRUE(delivery_->is_idle());
}

TEST_F(DeliveryTest, tries_a_storm_again_as_the_same_message) {
    FakeNotifier& slack = notifier("slack");
    slack.answers = {{SendResult::retry, "503", {}}};
    begin();
    std::vector<Pending> all;
    for (int i = 1; i <= 10; ++i) {
        for (Pending& pending : record("slack", problem, i)) all.push_back(std::move(pending));
    }
    delivery_->add(std::move(all));
    clock_.advance(1min);
    ASSERT_EQ(slack.sent.size(), 2U);
    EXPECT_EQ(slack.sent[0], slack.sent[1]);
    EXPECT_EQ(slack.ids[0], slack.ids[1]);
}

TEST_F(DeliveryTest, names_a_storm_the_same_in_whatever_order_it_is_sent) {
    Parcel parcel;
    for (const std::int64_t id : {1, 2, 3}) {
        Pending& pending = parcel.entries.emplace_back();
        pending.id = id;
        pending.batch = 1;
        pending.notice.made_at = start + id * 1s;
    }
    const std::string name = name_of(parcel);
    std::ranges::reverse(parcel.entries);
    EXPECT_EQ(name_of(parcel), name);
}

TEST_F(DeliveryTest, tries_a_storm_that_is_more_than_one_message_again_under_its_name) {
    FakeNotifier& slack = notifier("slack");
    slack.most = 3;
    slack.answers = {{SendResult::retry, "503", {}}};
    begin();
    std::vector<Pending> all;
    for (int i = 1; i <= 10; ++i) {
        for (Pending& pending : record("slack", problem, i)) all.push_back(std::move(pending));
    }
    delivery_->add(std::move(all));
    clock_.advance(5s);
    ASSERT_GE(slack.sent.size(), 2U);
    EXPECT_EQ(slack.sent[0], slack.sent[1]);
    EXPECT_EQ(slack.ids[0], slack.ids[1]);
    clock_.advance(5min);
    const std::set<std::string> names(slack.ids.begin(), slack.ids.end());
    EXPECT_EQ(names.size() + 1, slack.ids.size()) << "each other message has its own";
}

TEST_F(DeliveryTest, keeps_for_a_broken_endpoint_and_says_so) {
    FakeNotifier& slack = notifier("slack");
    slack.answers = {{SendResult::broken, "no_service", {}}};
    begin();
    tell("slack", problem, 1);
    const auto health = delivery_->health();
    ASSERT_EQ(health.size(), 1U);
    EXPECT_TRUE(health.front().is_broken);
    EXPECT_EQ(health.front().pending, 1U);
    EXPECT_EQ(health.front().error, "no_service");
    EXPECT_EQ(health.front().oldest, start);
    std::vector<ConfiguredNotifier> mended{{"slack", notifiers_["slack"]}};
    delivery_->use(std::move(mended));
    clock_.settle();
    EXPECT_EQ(slack.sent.size(), 2U) << "a reload tries at once";
    EXPECT_FALSE(delivery_->health().front().is_broken);
}

TEST_F(DeliveryTest, delivers_while_the_store_refuses_and_records_it_later) {
    FakeNotifier& slack = notifier("slack");
    begin();
    store_.refuses = true;
    tell("slack", problem, 1);
    EXPECT_EQ(slack.sent.size(), 1U);
    clock_.advance(1min);
    EXPECT_EQ(slack.sent.size(), 1U);
    EXPECT_FALSE(delivery_->is_idle());
    store_.refuses = false;
    clock_.advance(6s);
    EXPECT_TRUE(delivery_->is_idle());
    restart();
    clock_.advance(1h);
    EXPECT_EQ(slack.sent.size(), 1U);
}

/// Each time, all that it refused would be read and written anew.
TEST_F(DeliveryTest, asks_a_store_that_refuses_for_hours_the_less_often_and_not_at_each_notice) {
    notifier("slack");
    begin();
    store_.refuses = true;
    for (int number = 1; number <= 20; ++number) tell("slack", problem, number);
    EXPECT_EQ(store_.asked, 1);
    clock_.advance(20h);
    EXPECT_LE(store_.asked, 20 * 60 + 50);

    store_.refuses = false;
    clock_.advance(1min);
    EXPECT_TRUE(delivery_->is_idle());
}

}  // namespace
}  // namespace backupwatch
