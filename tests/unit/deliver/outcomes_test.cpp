// What each answer of each channel leads to, from the answer to the next thing that is sent: the
// real delivery with the real notifiers. One row for each cell of the table in facts/alerting 1.10.
#include "seam.hpp"

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using enum NoticeKind;

struct Row {
    std::string channel;
    std::string answer;  ///< in words
    HttpReply http{};
    MailReply mail{};
    Duration rest = 1s;  ///< before the second try, a tenth more or less
};

Row row(const std::string& channel, int status, const std::string& body) {
    return {channel, std::to_string(status) + " " + body, http_reply(status, body), {}};
}

Row lost(const std::string& channel, Reached reached, const std::string& words) {
    return {channel, words, no_http_reply(reached), {}};
}

Row mail_row(MailStage stage, int code, const std::string& enhanced, const std::string& words) {
    Row one{"email", words, {}, {}};
    one.mail.stage = stage;
    one.mail.code = code;
    one.mail.enhanced = enhanced;
    one.mail.error = words;
    return one;
}

/// Whoever comes back sooner is put off again.
Row greylisted_row() {
    Row one = mail_row(MailStage::recipient, 450, "4.7.1", "greylisted");
    one.rest = 5min;
    return one;
}

Row impostor_row(MailStage stage) {
    Row one = mail_row(stage, 0, "", "the certificate is not trusted");
    one.mail.is_impostor = true;
    return one;
}

/// A delivery of that channel alone whose first `times` messages are answered so.
class Answered : public DeliverySeam {
  public:
    explicit Answered(const Row& row, int times = 1) : DeliverySeam({row.channel}) {
        for (int i = 0; i < times; ++i) {
            if (row.channel == "email") {
                network.mail.push_back(row.mail);
            } else {
                network.http.push_back(row.http);
            }
        }
    }

    const std::vector<ScriptedNetwork::Sent>& sent() const { return network.sent; }
};

bool is_plain(const ScriptedNetwork::Sent& sent) {
    for (const char* rich : {"\"blocks\"", "\"component\"", "text/html", "\"notices\""}) {
        if (sent.content.find(rich) != std::string::npos) return false;
    }
    return true;
}

bool tells_an_end(const ScriptedNetwork::Sent& sent) {
    for (const char* words :
         {"RECOVERED", "\"resolve\"", "OVER, WAS", "incident.recovery", "incident.passed_by"}) {
        if (sent.content.find(words) != std::string::npos) return true;
    }
    return false;
}

const std::vector<Row> delivered{
    row("pagerduty", 202, R"({"status":"success","message":"Event processed","dedup_key":"k"})"),
    row("slack", 200, "ok"),
    row("webhook", 200, ""),
    row("webhook", 204, ""),
    // A resolve of which PagerDuty knows no open alert is dropped there, and answered like this.
    row("pagerduty", 202, R"({"status":"success"})"),
};

const std::vector<Row> safe_to_repeat{
    row("pagerduty", 429, "{}"),
    row("pagerduty", 500, ""),
    row("pagerduty", 503, ""),
    lost("pagerduty", Reached::nobody, "connection refused"),
    lost("pagerduty", Reached::someone, "timed out"),
    row("slack", 429, R"({"ok":false,"error":"rate_limited"})"),
    row("slack", 500, "rollup_error"),
    row("slack", 503, ""),
    lost("slack", Reached::nobody, "could not resolve host"),
    mail_row(MailStage::connect, 0, "", "connection refused"),
    mail_row(MailStage::greeting, 421, "4.3.2", "busy"),
    greylisted_row(),
    mail_row(MailStage::committed, 451, "4.3.0", "local error"),
    row("webhook", 500, ""),
    row("webhook", 302, ""),
    row("webhook", 429, ""),
    row("webhook", 400, ""),
    lost("webhook", Reached::nobody, "connection refused"),
};

const std::vector<Row> may_repeat{
    lost("webhook", Reached::someone, "timed out"),
    lost("slack", Reached::someone, "timed out"),
    mail_row(MailStage::committed, 354, "", "timed out after the final dot"),
};

const std::vector<Row> refused_payloads{
    row("pagerduty", 400, R"({"status":"invalid event","errors":["JSON parse error"]})"),
    row("slack", 400, "invalid_payload"),
    row("slack", 400, "invalid_blocks"),
    row("slack", 400, "msg_blocks_too_long"),
    mail_row(MailStage::committed, 552, "5.3.4", "too large"),
    mail_row(MailStage::committed, 554, "5.6.0", "content refused"),
    row("webhook", 413, ""),
    row("webhook", 422, ""),
};

const std::vector<Row> broken_endpoints{
    row("pagerduty", 400, R"({"status":"invalid event","errors":["'routing_key' is invalid"]})"),
    lost("pagerduty", Reached::impostor, "the certificate has expired"),
    row("slack", 403, "action_prohibited"),
    row("slack", 404, "no_service"),
    row("slack", 410, "channel_is_archived"),
    lost("slack", Reached::impostor, "the certificate has expired"),
    mail_row(MailStage::login, 535, "5.7.8", "bad credentials"),
    mail_row(MailStage::sender, 550, "5.7.1", "sender refused"),
    mail_row(MailStage::recipient, 550, "5.7.1", "relaying denied"),
    impostor_row(MailStage::tls),
    row("webhook", 401, ""),
    row("webhook", 403, ""),
    row("webhook", 404, ""),
    row("webhook", 410, ""),
    lost("webhook", Reached::impostor, "the certificate has expired"),
};

TEST(Outcomes, of_what_is_accepted_is_never_sent_again) {
    std::vector<Row> rows = delivered;
    Row accepted = mail_row(MailStage::committed, 250, "2.0.0", "");
    accepted.answer = "250 after the final dot";
    rows.push_back(accepted);
    for (const Row& one : rows) {
        SCOPED_TRACE(one.channel + ": " + one.answer);
        Answered seam(one);
        seam.tell(problem, 1);
        EXPECT_EQ(seam.count(one.channel, "delivered"), 1);
        seam.clock.advance(1min);
        seam.restart();
        seam.clock.advance(1min);
        EXPECT_EQ(seam.sent().size(), 1U);
        EXPECT_TRUE(seam.delivery->is_idle());
    }
}

TEST(Outcomes, of_what_nobody_took_is_sent_again_under_its_name_soon) {
    for (const Row& one : safe_to_repeat) {
        SCOPED_TRACE(one.channel + ": " + one.answer);
        Answered seam(one);
        seam.tell(problem, 1);
        EXPECT_EQ(seam.count(one.channel, "retry"), 1);
        seam.clock.advance(one.rest - one.rest * 21 / 100);
        EXPECT_EQ(seam.sent().size(), 1U) << "too soon";
        seam.clock.advance(one.rest * 42 / 100);
        ASSERT_EQ(seam.sent().size(), 2U);
        EXPECT_EQ(seam.sent()[0].id, seam.sent()[1].id);
        EXPECT_NE(seam.sent()[0].id, "");
        EXPECT_EQ(seam.count(one.channel, "delivered"), 1);
    }
}

TEST(Outcomes, of_what_nobody_took_and_is_over_is_one_message_with_the_end) {
    for (const Row& one : safe_to_repeat) {
        SCOPED_TRACE(one.channel + ": " + one.answer);
        Answered seam(one);
        seam.tell(problem, 1);
        seam.tell(recovery, 1);
        seam.clock.advance(2 * one.rest);
        ASSERT_EQ(seam.sent().size(), 2U);
        EXPECT_TRUE(tells_an_end(seam.sent()[1])) << seam.sent()[1].content;
        EXPECT_EQ(seam.count(one.channel, "merged"), 1);
    }
}

TEST(Outcomes, of_what_may_have_arrived_is_sent_again_under_its_name_and_then_the_end) {
    for (const Row& one : may_repeat) {
        SCOPED_TRACE(one.channel + ": " + one.answer);
        Answered seam(one);
        seam.tell(problem, 1);
        seam.tell(recovery, 1);
        seam.clock.advance(10s);
        ASSERT_EQ(seam.sent().size(), 3U);
        EXPECT_EQ(seam.sent()[0].id, seam.sent()[1].id);
        EXPECT_FALSE(tells_an_end(seam.sent()[1])) << seam.sent()[1].content;
        EXPECT_TRUE(tells_an_end(seam.sent()[2])) << seam.sent()[2].content;
        EXPECT_NE(seam.sent()[1].id, seam.sent()[2].id);
        EXPECT_EQ(seam.count(one.channel, "ambiguous") + seam.count(one.channel, "retry"), 1);
    }
}

TEST(Outcomes, of_a_refused_payload_is_the_bare_words_at_once) {
    for (const Row& one : refused_payloads) {
        SCOPED_TRACE(one.channel + ": " + one.answer);
        Answered seam(one);
        seam.tell(problem, 1);
        seam.clock.advance(1s);
        ASSERT_EQ(seam.sent().size(), 2U);
        EXPECT_FALSE(is_plain(seam.sent()[0]));
        EXPECT_TRUE(is_plain(seam.sent()[1])) << seam.sent()[1].content;
        EXPECT_EQ(seam.count(one.channel, "delivered"), 1);
    }
}

TEST(Outcomes, of_a_payload_refused_twice_hold_up_nothing_and_lose_nothing) {
    for (const Row& one : refused_payloads) {
        SCOPED_TRACE(one.channel + ": " + one.answer);
        Answered seam(one, 2);
        seam.tell(problem, 1);
        seam.tell(problem, 2);
        seam.clock.advance(10s);
        EXPECT_EQ(seam.count(one.channel, "dropped"), 0);
        EXPECT_EQ(seam.count(one.channel, "delivered"), 2);
        EXPECT_TRUE(seam.delivery->is_idle());
    }
}

TEST(Outcomes, of_payloads_that_are_all_refused_lose_nothing_and_say_so) {
    for (const Row& one : refused_payloads) {
        SCOPED_TRACE(one.channel + ": " + one.answer);
        Answered seam(one, 1000);
        seam.tell(problem, 1);
        seam.tell(problem, 2);
        seam.clock.advance(24h);
        EXPECT_TRUE(seam.delivery->health().at(0).is_broken);
        EXPECT_LE(seam.sent().size(), 110U)
            << "two tries and two forms, and one more each half hour";
        seam.network.mail.clear();
        seam.network.http.clear();
        seam.clock.advance(31min);
        EXPECT_EQ(seam.count(one.channel, "delivered"), 2);
        EXPECT_EQ(seam.count(one.channel, "dropped"), 0);
    }
}

TEST(Outcomes, of_a_broken_endpoint_keep_the_messages_and_say_so) {
    for (const Row& one : broken_endpoints) {
        SCOPED_TRACE(one.channel + ": " + one.answer);
        Answered seam(one);
        seam.tell(problem, 1);
        seam.clock.advance(1min);
        seam.tell(problem, 2);
        seam.clock.advance(28min);
        EXPECT_EQ(seam.sent().size(), 1U);
        const NotifierHealth health = seam.delivery->health().at(0);
        EXPECT_TRUE(health.is_broken);
        EXPECT_EQ(health.pending, 2U);
        EXPECT_NE(health.error, "");
        seam.clock.advance(2min);
        EXPECT_EQ(seam.count(one.channel, "delivered"), 2) << "mended: both came";
        EXPECT_FALSE(seam.delivery->health().at(0).is_broken);
    }
}

TEST(Outcomes, of_a_broken_endpoint_are_tried_at_once_after_a_reload_and_a_restart) {
    for (const Row& one : broken_endpoints) {
        SCOPED_TRACE(one.channel + ": " + one.answer);
        Answered reloaded(one);
        reloaded.tell(problem, 1);
        reloaded.reload();
        EXPECT_EQ(reloaded.count(one.channel, "delivered"), 1);
        Answered restarted(one);
        restarted.tell(problem, 1);
        restarted.restart();
        EXPECT_EQ(restarted.count(one.channel, "delivered"), 1);
    }
}

/// Promise 8: ten minutes of 429 that ask for a minute each.
TEST(Outcomes, of_ten_minutes_of_429_are_few_tries_and_one_message_that_names_all) {
    for (const char* channel : {"slack", "webhook"}) {
        SCOPED_TRACE(channel);
        DeliverySeam seam({channel});
        HttpReply busy = http_reply(429, "");
        busy.retry_after = "60";
        for (int i = 0; i < 10; ++i) seam.network.http.push_back(busy);
        for (int i = 1; i <= 50; ++i) {
            seam.tell(problem, i);
            seam.clock.advance(10s);
        }
        seam.clock.advance(20min);
        const auto& sent = seam.network.sent;
        ASSERT_GE(sent.size(), 11U);
        for (std::size_t i = 1; i <= 10; ++i) EXPECT_GE(sent[i].at - sent[i - 1].at, 60s);
        EXPECT_LE(sent.size(), 13U) << "ten refused, the first again, the rest at once";
        std::string all;
        for (const auto& message : sent) all += message.content;
        for (int i = 1; i <= 50; ++i) {
            EXPECT_NE(all.find("d" + std::to_string(i)), std::string::npos) << i;
        }
        EXPECT_EQ(seam.count(channel, "delivered"), 50);
        EXPECT_EQ(seam.count(channel, "dropped"), 0);
    }
}

/// Promises 5 and 6: what stalls, and a name that is not resolved, delay nobody else at all.
TEST(Outcomes, of_one_channel_delay_no_other) {
    for (const char* host : {"hooks.slack.com", "events.pagerduty.com", "ops.example.com"}) {
        SCOPED_TRACE(host);
        DeliverySeam seam({"slack", "pagerduty", "email", "webhook"});
        seam.network.stalled = {host};
        seam.tell(problem, 1);
        EXPECT_EQ(seam.network.sent.size(), 4U) << "all in the same instant";
        seam.clock.advance(10min);
        seam.tell(recovery, 1);
        EXPECT_EQ(seam.network.sent.size(), 7U);
        for (std::size_t i = 4; i < 7; ++i) EXPECT_EQ(seam.network.sent[i].at, 10min);
    }
}

/// Promise 6. That libcurl ends such a lookup so, and delays nobody meanwhile: unit/net,
/// NameServer.
TEST(Outcomes, of_a_name_server_that_does_not_answer_are_safe_to_repeat_and_delay_no_other) {
    const std::map<std::string, std::string> hosts{
        {"slack", "hooks.slack.com"},
        {"pagerduty", "events.pagerduty.com"},
        {"email", "mail.example.com"},
        {"webhook", "ops.example.com"}};
    for (const auto& [channel, host] : hosts) {
        SCOPED_TRACE(channel);
        const Duration limit = channel == "email" ? 60s : 15s;
        DeliverySeam seam({"slack", "pagerduty", "email", "webhook"});
        seam.network.unresolved = {host};
        seam.tell(problem, 1);
        EXPECT_EQ(seam.network.sent.size(), 4U) << "all in the same instant";
        for (const auto& [other, its_host] : hosts) {
            EXPECT_EQ(seam.count(other, "delivered"), other == channel ? 0 : 1) << other;
        }

        seam.clock.advance(limit + 790ms);
        EXPECT_EQ(seam.count(channel, "retry"), 1);
        EXPECT_EQ(seam.network.sent.size(), 4U) << "too soon";
        seam.clock.advance(420ms);
        ASSERT_EQ(seam.network.sent.size(), 5U);
        EXPECT_EQ(seam.network.sent[4].to, host);

        // However long: it is never "may have arrived", so the end needs no beginning before it.
        seam.clock.advance(2h);
        seam.tell(recovery, 1);
        seam.network.unresolved.clear();
        seam.clock.advance(7min);
        EXPECT_TRUE(tells_an_end(seam.network.sent.back()));
        EXPECT_EQ(seam.network.sent.back().to, host);
        EXPECT_EQ(seam.count(channel, "ambiguous"), 0);
        EXPECT_EQ(seam.count(channel, "merged"), 1) << "both in one message";
        EXPECT_EQ(seam.count(channel, "delivered"), 1);
        EXPECT_TRUE(seam.delivery->is_idle());
    }
}

/// Promise 12: the wait that was asked for goes by uptime, whatever the clock is set to.
TEST(Outcomes, of_a_429_are_waited_for_however_the_clock_is_set) {
    for (const Duration step :
         {Duration(24h), -Duration(24h), Duration(87600h), -Duration(87600h)}) {
        DeliverySeam seam({"slack"});
        HttpReply busy = http_reply(429, "");
        busy.retry_after = "120";
        seam.network.http.push_back(busy);
        seam.tell(problem, 1);
        seam.clock.advance(10s);
        seam.clock.set(seam.clock.now() + step);
        seam.clock.advance(105s);
        EXPECT_EQ(seam.network.sent.size(), 1U) << step.count();
        seam.clock.advance(10s);
        EXPECT_EQ(seam.network.sent.size(), 2U) << step.count();
    }
}

/// Promise 12, over a restart: a deadline in an absurd future is a clock's mistake.
TEST(Outcomes, of_a_429_kept_by_a_clock_from_the_future_hold_up_nothing_for_long) {
    DeliverySeam seam({"slack"});
    HttpReply busy = http_reply(429, "");
    busy.retry_after = "120";
    seam.clock.set(night + 87600h);
    seam.network.http.push_back(busy);
    seam.tell(problem, 1);
    seam.clock.set(night);
    seam.restart();
    EXPECT_EQ(seam.network.sent.size(), 1U);
    seam.clock.advance(6min);
    EXPECT_EQ(seam.network.sent.size(), 2U);
}

/// Promise 19: a stop waits until what is known is recorded, and for nothing else.
TEST(Outcomes, that_are_being_recorded_hold_up_a_stop_no_longer_than_that) {
    DeliverySeam seam({"slack"});
    seam.recording.takes = 1s;
    seam.tell(problem, 1);
    seam.stop();
    EXPECT_FALSE(seam.has_stopped());
    seam.clock.advance(1s);
    EXPECT_TRUE(seam.has_stopped());
    EXPECT_TRUE(run_on(seam.loop, seam.store->outbox(0)).pending.empty()) << "recorded";
}

}  // namespace
}  // namespace backupwatch
