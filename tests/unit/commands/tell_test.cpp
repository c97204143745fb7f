// The last thing that is said of a service that is down.
#include "commands/tell.hpp"

#include "fakes/fake_clock.hpp"
#include "json/text.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <deque>
#include <future>
#include <memory>
#include <set>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using Answer = SendResult;

/// Answers in turn, the last answer for ever.
class Listener : public Notifier {
  public:
    Listener(const std::string& name, std::deque<Answer> answers, bool pages = false)
        : answers_(std::move(answers)) {
        Lane lane;
        lane.notifier = name;
        lane.endpoint = "endpoint-of-" + name;
        lane.pages = pages;
        lanes_.push_back(std::move(lane));
    }
    const std::vector<Lane>& lanes() const override { return lanes_; }
    Task<Receipt> send(const Lane&, Message message) override {
        heard.push_back(std::move(message));
        Receipt receipt;
        receipt.result = answers_.front();
        receipt.answer = "HTTP";
        if (answers_.size() > 1) answers_.pop_front();
        co_return receipt;
    }
    std::vector<Message> heard;

  private:
    std::deque<Answer> answers_;
    std::vector<Lane> lanes_;
};

class Tell : public testing::Test {
  protected:
    std::shared_ptr<Listener> add(
        const std::string& name, std::deque<Answer> answers, bool pages = false
    ) {
        auto listener = std::make_shared<Listener>(name, std::move(answers), pages);
        notifiers_.push_back({name, listener});
        return listener;
    }
    Reply tell_all() {
        Request request;
        request.verb = "tell";
        request.targets = {"backupwatch on db1 is down"};
        auto telling = tell(notifiers_, unreadable, clock_, std::move(request));
        auto result = asio::co_spawn(loop_, std::move(telling), asio::use_future);
        for (int i = 0; i < 60; ++i) clock_.advance(1s);
        return result.get();
    }

    std::vector<std::string> unreadable;

  private:
    asio::io_context loop_{1};
    FakeClock clock_{loop_, parse_rfc3339("2026-11-22T12:00:00Z").value()};
    std::vector<ConfiguredNotifier> notifiers_;
};

TEST_F(Tell, reaches_everybody_but_pagers) {
    const auto slack = add("slack", {Answer::delivered});
    const auto email = add("email", {Answer::delivered});
    const auto pager = add("pagerduty", {Answer::delivered}, true);

    const Reply reply = tell_all();

    EXPECT_EQ(reply.exit_code, 0);
    ASSERT_EQ(slack->heard.size(), 1u);
    EXPECT_EQ(email->heard.size(), 1u);
    EXPECT_TRUE(pager->heard.empty());
    const Notice& notice = slack->heard[0].notices.at(0);
    EXPECT_EQ(notice.summary, "backupwatch on db1 is down");
    EXPECT_EQ(notice.severity, Severity::critical);
    EXPECT_EQ(stable_name(notice.key), "backupwatch:::service");
    EXPECT_EQ(
        json_text(reply.document),
        R"({"told":[{"notifier":"slack","result":"delivered","answer":"HTTP"},)"
        R"({"notifier":"email","result":"delivered","answer":"HTTP"}],"unreadable":[]})"
    );
}

TEST_F(Tell, tries_three_times_under_one_name) {
    const auto slack = add("slack", {Answer::retry, Answer::ambiguous, Answer::delivered});

    EXPECT_EQ(tell_all().exit_code, 0);

    std::set<std::string> names;
    for (const Message& message : slack->heard) names.insert(message.id);
    EXPECT_EQ(slack->heard.size(), 3u);
    EXPECT_EQ(names.size(), 1u);
}

TEST_F(Tell, says_who_was_not_told) {
    const auto broken = add("slack", {Answer::broken});
    add("email", {Answer::delivered});

    const Reply reply = tell_all();

    EXPECT_EQ(reply.exit_code, 1);
    EXPECT_EQ(reply.text, "slack: broken: \"HTTP\"\nemail: delivered: \"HTTP\"\n");
    EXPECT_EQ(broken->heard.size(), 1u) << "no other try would be taken";
}

TEST_F(Tell, says_whom_it_could_not_try) {
    add("slack", {Answer::delivered});
    unreadable = {"config.yaml:9:1: password: ${SMTP}: this environment variable is not set"};

    const Reply reply = tell_all();

    EXPECT_EQ(reply.exit_code, 1);
    EXPECT_EQ(reply.text, "slack: delivered: \"HTTP\"\n" + unreadable[0] + "\n");
}

TEST_F(Tell, has_failed_where_nobody_was_told) {
    add("slack", {Answer::retry});
    add("pagerduty", {Answer::delivered}, true);

    const Reply reply = tell_all();

    EXPECT_EQ(reply.exit_code, 2);
    EXPECT_EQ(reply.text, "slack: retry: \"HTTP\"\nnobody was told\n");
}

TEST_F(Tell, has_failed_where_there_is_nobody_to_tell) {
    EXPECT_EQ(tell_all().exit_code, 2);
}

}  // namespace
}  // namespace backupwatch
