#include "json/text.hpp"
#include "unit/commands/watched_world.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace backupwatch {
namespace {

using R = SendResult;

/// Answers in turn, the last answer for ever.
class Pager : public Notifier {
  public:
    explicit Pager(std::deque<R> answers) : answers_(std::move(answers)) {
        Lane lane;
        lane.notifier = "pagerduty";
        lane.endpoint = "endpoint-of-pagerduty";
        lane.pages = true;
        lanes_.push_back(std::move(lane));
    }
    const std::vector<Lane>& lanes() const override { return lanes_; }
    Task<Receipt> send(const Lane&, Message message) override {
        sent.push_back(message.notices.front().kind);
        Receipt receipt;
        receipt.result = answers_.front();
        receipt.answer = "HTTP";
        receipt.certificate = certificate;
        if (answers_.size() > 1) answers_.pop_front();
        on_send();
        co_return receipt;
    }
    std::function<void()> on_send = [] {};
    std::vector<NoticeKind> sent;
    std::optional<Certificate> certificate;

  private:
    std::deque<R> answers_;
    std::vector<Lane> lanes_;
};

const std::string one_database =
    "{state_dir: $/state, databases: [{name: shop, disk: {source: filesystem, path: /}}]}";

struct Tested {
    Reply reply;
    std::vector<NoticeKind> sent;
};

Tested page(std::deque<R> answers) {
    WatchedWorld watched(one_database);
    const auto pager = std::make_shared<Pager>(std::move(answers));
    watched.world->alerting.notifiers.push_back({"pagerduty", pager});
    Tested tested;
    tested.reply = watched.command_over_time({"notify-test", {}, {{"page", "yes"}}});
    tested.sent = pager->sent;
    return tested;
}

TEST(TestPage, is_ended_though_whoever_asked_has_gone) {
    WatchedWorld watched(one_database);
    const auto pager = std::make_shared<Pager>(std::deque<R>{R::delivered, R::retry, R::delivered});
    pager->on_send = [&] { watched.cancellation.emit(asio::cancellation_type::terminal); };
    watched.world->alerting.notifiers.push_back({"pagerduty", pager});

    watched.command_over_time({"notify-test", {}, {{"page", "yes"}}});

    EXPECT_EQ(pager->sent.size(), 3u);
}

TEST(TestPage, that_is_not_asked_for_is_no_test_that_passed) {
    WatchedWorld watched(one_database);
    const Reply without = watched.command({"notify-test", {}, {}});
    EXPECT_EQ(without.exit_code, 64) << "no notifier at all: " << without.text;
    const auto pager = std::make_shared<Pager>(std::deque<R>{R::delivered});
    watched.world->alerting.notifiers.push_back({"pagerduty", pager});

    const Reply reply = watched.command({"notify-test", {}, {}});

    EXPECT_EQ(reply.exit_code, 64) << reply.text;
    EXPECT_NE(reply.text.find("--page"), std::string::npos) << reply.text;
    EXPECT_TRUE(pager->sent.empty());
}

bool warns(const Reply& reply) {
    return reply.text.find("the test page may be open: close it at PagerDuty") != std::string::npos;
}

TEST(TestPage, is_begun_and_ended) {
    const Tested tested = page({R::delivered});

    EXPECT_EQ(tested.sent, (std::vector{NoticeKind::test, NoticeKind::recovery}));
    EXPECT_EQ(tested.reply.exit_code, 0);
    EXPECT_FALSE(warns(tested.reply));
    EXPECT_EQ(
        json_text(tested.reply.document),
        R"({"tests":[{"notifier":"pagerduty","recipient":null,"event":"trigger",)"
        R"("result":"delivered","answer":"HTTP","certificate_expires_at":null},)"
        R"({"notifier":"pagerduty","recipient":null,"event":"resolve","result":"delivered",)"
        R"("answer":"HTTP","certificate_expires_at":null}],"left_out":[]})"
    );
}

TEST(TestPage, tells_when_the_certificate_expires_and_whoever_delivers) {
    WatchedWorld watched(one_database);
    const auto pager = std::make_shared<Pager>(std::deque<R>{R::delivered});
    pager->certificate = {
        *parse_rfc3339("2026-10-01T00:00:00Z"), *parse_rfc3339("2027-01-05T12:00:00Z")};
    watched.world->alerting.notifiers.push_back({"pagerduty", pager});
    std::vector<Certificate> told;
    watched.world->alerting.certificate_shown = [&](const std::string& endpoint,
                                                    const auto& shown) {
        EXPECT_EQ(endpoint, "endpoint-of-pagerduty");
        told.push_back(shown);
    };

    const Reply reply = watched.command_over_time({"notify-test", {}, {{"page", "yes"}}});

    EXPECT_EQ(
        reply.text,
        "pagerduty: delivered: \"HTTP\" (certificate valid until 2027-01-05T12:00Z)\n"
        "pagerduty: delivered: \"HTTP\" (certificate valid until 2027-01-05T12:00Z)\n"
    );
    EXPECT_NE(
        json_text(reply.document).find(R"("certificate_expires_at":"2027-01-05T12:00:00Z")"),
        std::string::npos
    );
    ASSERT_FALSE(told.empty());
    EXPECT_EQ(told.front(), pager->certificate);
}

TEST(TestPage, is_ended_by_a_later_try) {
    const Tested tested = page({R::delivered, R::retry, R::retry, R::delivered});

    EXPECT_EQ(tested.sent.size(), 4u);
    EXPECT_EQ(tested.reply.exit_code, 0);
    EXPECT_FALSE(warns(tested.reply));
}

TEST(TestPage, that_nobody_ended_is_said_to_be_open) {
    const Tested tested = page({R::delivered, R::retry});

    EXPECT_EQ(tested.sent.size(), 4u);
    EXPECT_EQ(tested.reply.exit_code, 2);
    EXPECT_TRUE(warns(tested.reply)) << tested.reply.text;
}

TEST(TestPage, that_was_refused_is_not_open) {
    const Tested tested = page({R::broken});

    EXPECT_EQ(tested.sent.size(), 2u);
    EXPECT_EQ(tested.reply.exit_code, 2);
    EXPECT_FALSE(warns(tested.reply));
}

}  // namespace
}  // namespace backupwatch
