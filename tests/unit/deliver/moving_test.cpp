// A receiver whose address, key or name is changed while something waits for it.
#include "unit/deliver/delivery_fixture.hpp"

namespace backupwatch {
namespace {

TEST_F(DeliveryTest, opens_with_the_key_of_now_and_closes_with_the_one_it_was_opened_with) {
    FakeNotifier& pager = notifier("pager", true);
    pager.move("endpoint-of-pager", "mistyped");
    pager.answers = {{SendResult::broken, "invalid key", {}}};
    begin();
    tell("pager", problem, 1, true);
    EXPECT_EQ(pager.routes, Lines{"mistyped"});
    pager.move("endpoint-of-the-mended", "mended");
    delivery_->use({{"pager", notifiers_["pager"]}});
    clock_.advance(1s);
    EXPECT_EQ(pager.routes, (Lines{"mistyped", "mended"}));
    EXPECT_EQ(pager.ids[0], pager.ids[1]);
    ASSERT_EQ(answers_.size(), 1U);
    EXPECT_EQ(answers_[0].sent_to.route, "mended") << "for the ledger";
    tell("pager", recovery, 1, true);
    EXPECT_EQ(pager.routes.back(), "route-of-pager") << "as its notice says";
}

TEST_F(DeliveryTest, goes_on_with_the_key_that_may_have_opened_it) {
    FakeNotifier& pager = notifier("pager", true);
    pager.move("endpoint-of-pager", "one");
    pager.answers = {{SendResult::ambiguous, "timed out", {}}};
    begin();
    tell("pager", problem, 1, true);
    tell("pager", recovery, 1, true);
    pager.move("endpoint-of-pager", "two");
    restart();
    clock_.advance(10s);
    EXPECT_EQ(pager.sent, (Lines{"problem d1", "recovery d1"}));
    EXPECT_EQ(pager.routes, (Lines{"one", "one"}));
}

TEST_F(DeliveryTest, goes_on_with_the_key_of_a_try_that_was_not_answered) {
    FakeNotifier& pager = notifier("pager", true);
    pager.move("endpoint-of-pager", "one");
    Receipt lost{SendResult::retry, "timed out", {}};
    lost.may_have_arrived = true;
    pager.answers = {lost};
    begin();
    tell("pager", problem, 1, true);
    pager.move("endpoint-of-another-key", "two");
    restart();
    EXPECT_EQ(pager.routes, (Lines{"one", "one"})) << "it may have opened it with that";
}

TEST_F(DeliveryTest, lets_go_what_can_be_closed_by_no_key_any_more) {
    FakeNotifier& pager = notifier("pager", true);
    pager.move("endpoint-of-pager", "new");
    Receipt refused{SendResult::broken, "invalid key", {}};
    refused.refuses_route = true;
    pager.answers = {refused, refused};
    begin();
    tell("pager", recovery, 1, true);
    tell("pager", again, 2, true);
    clock_.advance(1s);
    EXPECT_EQ(pager.sent, (Lines{"recovery d1", "again d2", "again d2"}))
        << "what fails still is opened anew";
    EXPECT_EQ(pager.routes, (Lines{"route-of-pager", "route-of-pager", "new"}));
    EXPECT_FALSE(delivery_->health().front().is_broken);
}

TEST_F(DeliveryTest, keeps_what_closes_with_an_older_key_while_the_way_there_is_broken) {
    FakeNotifier& pager = notifier("pager", true);
    pager.move("endpoint-of-pager", "new");
    pager.answers = {{SendResult::broken, "the certificate has expired", {}}};
    begin();
    tell("pager", recovery, 1, true);
    EXPECT_TRUE(delivery_->health().front().is_broken);
    clock_.advance(31min);
    EXPECT_EQ(pager.sent, (Lines{"recovery d1", "recovery d1"}));
    EXPECT_EQ(pager.routes, (Lines{"route-of-pager", "route-of-pager"}));
    EXPECT_EQ(counts_["pager delivered"], 1);
}

TEST_F(DeliveryTest, keeps_the_order_of_a_receiver_whose_address_changes) {
    FakeNotifier& slack = notifier("slack");
    slack.answers = {{SendResult::retry, "503", 600s}};
    begin();
    tell("slack", problem, 1);
    slack.move("endpoint-elsewhere");
    delivery_->use({{"slack", notifiers_["slack"]}});
    tell("slack", recovery, 1);
    clock_.advance(1min);
    EXPECT_EQ(slack.sent, (Lines{"problem d1", "problem d1", "recovery d1"}));
    EXPECT_TRUE(delivery_->is_idle());
    restart();
    clock_.advance(1h);
    EXPECT_EQ(slack.sent.size(), 3U);
}

TEST_F(DeliveryTest, lets_nothing_overtake_what_is_under_way_to_the_old_address) {
    FakeNotifier& slack = notifier("slack");
    slack.hangs = true;
    slack.answers = {{SendResult::retry, "503", {}}};
    begin();
    tell("slack", problem, 1);
    slack.hangs = false;
    slack.move("endpoint-elsewhere");
    delivery_->use({{"slack", notifiers_["slack"]}});
    tell("slack", recovery, 1);
    EXPECT_EQ(slack.sent, Lines{"problem d1"});
    slack.hanging->cancel();
    clock_.advance(1s);
    EXPECT_EQ(slack.sent, (Lines{"problem d1", "passed_by d1"}));
}

TEST_F(DeliveryTest, records_that_it_was_told_after_that_it_was_moved_meanwhile) {
    FakeNotifier& slack = notifier("slack");
    slack.hangs = true;
    begin();
    tell("slack", problem, 1);
    slack.hangs = false;
    slack.move("endpoint-elsewhere");
    delivery_->use({{"slack", notifiers_["slack"]}});
    slack.hanging->cancel();
    clock_.settle();
    EXPECT_EQ(store_.answers, (std::vector{Arrival::queued, Arrival::told}));
    EXPECT_TRUE(delivery_->is_idle());
}

TEST_F(DeliveryTest, sends_after_a_restart_to_the_address_of_now) {
    FakeNotifier& slack = notifier("slack");
    slack.answers = {{SendResult::broken, "no_service", {}}};
    begin();
    tell("slack", problem, 1);
    slack.move("endpoint-elsewhere");
    restart();
    clock_.advance(1s);
    EXPECT_EQ(slack.sent, (Lines{"problem d1", "problem d1"}));
    EXPECT_EQ(slack.ids[0], slack.ids[1]);
    EXPECT_EQ(delivery_->health().front().pending, 0U);
}

TEST_F(DeliveryTest, follows_who_is_given_another_address_and_then_another_name) {
    for (const bool is_restarted : {false, true}) {
        SCOPED_TRACE(is_restarted);
        FakeNotifier& slack = notifier("slack");
        slack.answers = {{SendResult::retry, "503", {}}, {SendResult::retry, "503", 60s}};
        begin();
        tell("slack", problem, 1);
        slack.move("endpoint-elsewhere");
        delivery_->use({{"slack", notifiers_["slack"]}});
        clock_.advance(2s);
        ASSERT_EQ(slack.ids.size(), 2U);
        ASSERT_EQ(moves_.size(), 1U);
        EXPECT_EQ(moves_[0].lane.endpoint, "endpoint-of-slack");
        EXPECT_EQ(moves_[0].sent_to.endpoint, "endpoint-elsewhere") << "for the ledger";
        const std::string name = slack.ids[0];
        notifiers_.clear();
        FakeNotifier& chat = notifier("chat");
        chat.move("endpoint-elsewhere");
        if (is_restarted) {
            restart();
        } else {
            delivery_->use({{"chat", notifiers_["chat"]}});
        }
        clock_.advance(2min);
        EXPECT_EQ(chat.sent, Lines{"problem d1"});
        EXPECT_EQ(chat.ids, Lines{name}) << "the same message";
        ASSERT_EQ(answers_.size(), 1U);
        EXPECT_EQ(answers_[0].sent_to.notifier, "chat");
        stop();
        notifiers_.clear();
        answers_.clear();
        moves_.clear();
        scope_ = std::make_unique<Scope>(loop_.get_executor(), [](auto&&...) {});
    }
}

}  // namespace
}  // namespace backupwatch
