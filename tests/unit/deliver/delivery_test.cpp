#include "deliver/delivery.hpp"

#include "core/failure.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/forwarding_store.hpp"
#include "support/loop.hpp"

#include <boost/asio/redirect_error.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

const Instant start = parse_rfc3339("2026-11-22T03:05:00Z").value();

/// Answers as it is told to, and remembers what it was sent.
class FakeNotifier final : public Notifier {
  public:
    explicit FakeNotifier(const std::string& name, bool pages = false)
        : lanes_{Lane{name, "", "endpoint-of-" + name, pages}} {}

    const std::vector<Lane>& lanes() const override { return lanes_; }
    bool takes_digests() const override { return !lanes_.front().pages; }
    std::size_t fits(std::span<const Notice> notices) const override {
        return std::min(notices.size(), most);
    }

    Task<Receipt> send(const Lane&, Message message) override {
        std::string line;
        for (const Notice& notice : message.notices) {
            line += (line.empty() ? "" : ", ") + std::string(to_string(notice.kind)) + " " +
                    notice.key.database;
        }
        sent.push_back(message.plain ? "plainly " + line : line);
        ids.push_back(message.id);
        routes.push_back(message.route);
        if (hangs) {
            const auto executor = co_await asio::this_coro::executor;
            asio::steady_timer never(executor, asio::steady_timer::time_point::max());
            hanging = &never;
            boost::system::error_code woken;
            co_await never.async_wait(asio::redirect_error(asio::use_awaitable, woken));
            hanging = nullptr;
            const auto state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none) {
                throw boost::system::system_error(woken);
            }
        }
        Receipt receipt{SendResult::delivered, "ok", std::nullopt};
        if (!answers.empty()) {
            receipt = answers.front();
            answers.pop_front();
        }
        co_return receipt;
    }

    std::deque<Receipt> answers;
    std::vector<std::string> sent;
    std::vector<std::string> ids;
    std::vector<std::string> routes;
    /// As after a reload with another address or key.
    void move(const std::string& endpoint, const std::string& route = "") {
        lanes_.front().endpoint = endpoint;
        lanes_.front().route = route;
    }
    std::size_t most = 1000;
    bool hangs = false;
    asio::steady_timer* hanging = nullptr;

  private:
    std::vector<Lane> lanes_;
};

class RefusingSettlements final : public ForwardingStore {
  public:
    using ForwardingStore::ForwardingStore;
    bool refuses = false;
    bool is_unreadable = false;
    std::vector<Arrival> answers;  ///< that it recorded
    Task<Outbox> outbox(std::int64_t after) override {
        if (is_unreadable) throw Failure(Failure::Kind::timeout, "another process holds it");
        co_return co_await ForwardingStore::outbox(after);
    }
    Task<> settle(Settlement settlement) override {
        if (refuses) throw Failure(Failure::Kind::exhausted, "the disk is full");
        for (const Answer& answer : settlement.answers) answers.push_back(answer.arrival);
        co_await ForwardingStore::settle(std::move(settlement));
    }
};

class DeliveryTest : public testing::Test {
  protected:
    ~DeliveryTest() override { stop(); }

    void stop() {
        scope_->cancel();
        clock_.settle();
        if (scope_->size() > 0) clock_.advance(2s);
    }

    void begin() {
        std::vector<ConfiguredNotifier> configured;
        for (const auto& [name, notifier] : notifiers_) configured.push_back({name, notifier});
        delivery_ = std::make_unique<Delivery>(clock_, store_, *scope_, loop_.get_executor());
        delivery_->events.counted = [this](const Lane& lane, std::string_view result) {
            ++counts_[lane.notifier + " " + std::string(result)];
        };
        delivery_->events.health_changed = [this] { ++health_changes_; };
        delivery_->events.ready = [this] { ++ready_; };
        delivery_->events.settled = [this](const Settlement& settlement, bool is_recorded) {
            if (is_recorded) return;
            for (const Answer& answer : settlement.answers) {
                (answer.arrival == Arrival::queued ? moves_ : answers_).push_back(answer);
            }
        };
        delivery_->use(std::move(configured));
        scope_->spawn("outbox", delivery_->run());
        clock_.settle();
    }

    /// As after a crash: nothing but the store is left.
    void restart() {
        store_.refuses = true;
        stop();
        store_.refuses = false;
        scope_ = std::make_unique<Scope>(loop_.get_executor(), [](auto&&...) {});
        begin();
    }

    FakeNotifier& notifier(const std::string& name, bool pages = false) {
        auto& made = notifiers_[name];
        if (!made) made = std::make_shared<FakeNotifier>(name, pages);
        return *made;
    }

    /// Records a notice, as judging would.
    std::vector<Pending> record(
        const std::string& to, NoticeKind kind, std::int64_t incident, bool pages = false
    ) {
        Outcome outcome;
        outcome.at = clock_.now();
        outcome.judge = [&](const auto&, const auto&) {
            Notice notice;
            notice.kind = kind;
            notice.incident = incident;
            notice.key.database = "d" + std::to_string(incident);
            notice.severity = Severity::critical;
            notice.made_at = clock_.now();
            Judgement judgement;
            const std::string route = pages ? "route-of-" + to : "";
            judgement.notices.push_back({Lane{to, "", "endpoint-of-" + to, pages, route}, notice});
            return judgement;
        };
        std::vector<Pending> notices;
        scope_->spawn("record", commit(std::move(outcome), notices));
        clock_.settle();
        return notices;
    }

    void tell(const std::string& to, NoticeKind kind, std::int64_t incident, bool pages = false) {
        delivery_->add(record(to, kind, incident, pages));
        clock_.settle();
    }

    asio::io_context loop_{1};
    FakeClock clock_{loop_, start};
    std::unique_ptr<Store> kept_ = Store::in_memory();
    RefusingSettlements store_{*kept_};
    std::unique_ptr<Scope> scope_ = std::make_unique<Scope>(loop_.get_executor(), [](auto&&...) {});
    std::map<std::string, std::shared_ptr<FakeNotifier>> notifiers_;
    std::unique_ptr<Delivery> delivery_;
    std::map<std::string, int> counts_;
    std::vector<Answer> answers_;
    std::vector<Answer> moves_;  ///< what waits was given another lane
    int health_changes_ = 0;
    int ready_ = 0;

  private:
    Task<> commit(Outcome outcome, std::vector<Pending>& notices) {
        const Recorded recorded = co_await kept_->commit(std::move(outcome));
        notices = recorded.notices;
    }
};

using Lines = std::vector<std::string>;
using enum NoticeKind;

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

}  // namespace
}  // namespace backupwatch
