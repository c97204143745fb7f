#include "notify/receipt.hpp"

#include "core/base64.hpp"
#include "messages.hpp"
#include "notify/email.hpp"
#include "notify/pagerduty.hpp"
#include "notify/slack.hpp"
#include "notify/webhook.hpp"

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using R = SendResult;

const Secret slack_url("https://hooks.slack.com/services/T0CANARY/B0CANARY/canarytoken");
const Secret routing_key("canarycanarycanarycanarycanary12");
const MailServer mail_server = [] {
    MailServer server;
    server.username = "watch";
    server.password = Secret("canarypassword");
    return server;
}();

struct HttpRow {
    HttpReply reply;
    R slack;
    R pagerduty;
    R webhook;
};

std::string row_name(const HttpReply& reply) {
    return std::to_string(reply.status) + " " + reply.body + reply.error;
}

/// Facts 1.10, row by row.
TEST(Receipts, of_http_are_those_of_the_table) {
    const std::vector<HttpRow> rows{
        // Delivered.
        {http_reply(200, "ok"), R::delivered, R::retry, R::delivered},
        {http_reply(200, "ok\n"), R::delivered, R::retry, R::delivered},
        {http_reply(200, R"({"ok":true})"), R::delivered, R::retry, R::delivered},
        {http_reply(202, R"({"status":"success","dedup_key":"k"})"),
         R::ambiguous,
         R::delivered,
         R::delivered},
        {http_reply(204, ""), R::ambiguous, R::retry, R::delivered},
        // 200 that says no.
        {http_reply(200, "invalid_payload"), R::bad_payload, R::retry, R::delivered},
        {http_reply(200, R"({"ok":false,"error":"channel_not_found"})"),
         R::broken,
         R::retry,
         R::delivered},
        {http_reply(200, "<html>ok</html>"), R::retry, R::retry, R::delivered},
        {http_reply(200, R"({"ok":false,"error":"something new"})"),
         R::retry,
         R::retry,
         R::delivered},
        {http_reply(200, ""), R::ambiguous, R::retry, R::delivered},
        // In words that are not Slack's.
        {http_reply(200, R"({"success":true})"), R::ambiguous, R::retry, R::delivered},
        {http_reply(200, "1"), R::ambiguous, R::retry, R::delivered},
        {http_reply(201, "ok"), R::ambiguous, R::retry, R::delivered},
        // Safe to try again.
        {no_http_reply(Reached::nobody), R::retry, R::retry, R::retry},
        {http_reply(408, ""), R::retry, R::retry, R::retry},
        {http_reply(429, R"({"ok":false,"error":"rate_limited","retry_after":30})"),
         R::retry,
         R::retry,
         R::retry},
        {http_reply(500, "rollup_error"), R::retry, R::retry, R::retry},
        {http_reply(502, "<html>bad gateway</html>"), R::retry, R::retry, R::retry},
        {http_reply(503, "ok"), R::retry, R::retry, R::retry},
        {http_reply(301, ""), R::retry, R::retry, R::retry},
        // It may have arrived: only Slack cannot tell a repeated message.
        {no_http_reply(Reached::someone), R::ambiguous, R::retry, R::retry},
        // The payload.
        {http_reply(400, "invalid_payload"), R::bad_payload, R::bad_payload, R::retry},
        {http_reply(400, "invalid_blocks: must be less than 3001 characters"),
         R::bad_payload,
         R::bad_payload,
         R::retry},
        {http_reply(400, "no_text"), R::bad_payload, R::bad_payload, R::retry},
        {http_reply(400, "too_many_attachments"), R::bad_payload, R::bad_payload, R::retry},
        {http_reply(400, "user_not_found"), R::bad_payload, R::bad_payload, R::retry},
        {http_reply(400, ""), R::bad_payload, R::bad_payload, R::retry},
        {http_reply(413, ""), R::bad_payload, R::bad_payload, R::bad_payload},
        {http_reply(422, ""), R::retry, R::retry, R::bad_payload},
        {http_reply(400, R"({"status":"invalid event","errors":["JSON parse error"]})"),
         R::bad_payload,
         R::bad_payload,
         R::retry},
        // The endpoint; the words before the status.
        {http_reply(400, R"({"status":"invalid event","errors":["'routing_key' is invalid"]})"),
         R::bad_payload,
         R::broken,
         R::retry},
        {http_reply(400, R"({"message":"Invalid Routing Key"})"),
         R::bad_payload,
         R::broken,
         R::retry},
        {http_reply(400, "invalid_token"), R::broken, R::bad_payload, R::retry},
        {http_reply(403, "invalid_token"), R::broken, R::broken, R::broken},
        {http_reply(403, "action_prohibited"), R::broken, R::broken, R::broken},
        {http_reply(404, "channel_not_found"), R::broken, R::broken, R::broken},
        {http_reply(404, "no_service"), R::broken, R::broken, R::broken},
        {http_reply(404, "no_team"), R::broken, R::broken, R::broken},
        {http_reply(410, "channel_is_archived"), R::broken, R::broken, R::broken},
        {http_reply(404, "no_active_hooks"), R::broken, R::broken, R::broken},
        {http_reply(400, "team_disabled"), R::broken, R::bad_payload, R::retry},
        {http_reply(403, "posting_to_general_channel_denied"), R::broken, R::broken, R::broken},
        {http_reply(401, ""), R::broken, R::broken, R::broken},
        {http_reply(404, "<html>"), R::broken, R::broken, R::broken},
        {http_reply(410, ""), R::broken, R::broken, R::broken},
        {no_http_reply(Reached::impostor), R::broken, R::broken, R::broken},
        {no_http_reply(Reached::none_by_our_fault), R::broken, R::broken, R::broken},
    };
    WebhookSettings webhook;
    webhook.url = Secret("https://ops.example.com/hook");
    for (const HttpRow& row : rows) {
        EXPECT_EQ(slack_receipt(row.reply, slack_url, night).result, row.slack)
            << row_name(row.reply);
        EXPECT_EQ(pagerduty_receipt(row.reply, routing_key, night).result, row.pagerduty)
            << row_name(row.reply);
        EXPECT_EQ(webhook_receipt(row.reply, webhook, night).result, row.webhook)
            << row_name(row.reply);
    }
}

TEST(Receipts, say_where_it_may_have_arrived_though_trying_again_repeats_nothing) {
    WebhookSettings webhook;
    webhook.url = Secret("https://ops.example.com/hook");
    const HttpReply nobody = no_http_reply(Reached::nobody);
    const HttpReply someone = no_http_reply(Reached::someone);
    EXPECT_TRUE(webhook_receipt(someone, webhook, night).may_have_arrived);
    EXPECT_TRUE(pagerduty_receipt(someone, routing_key, night).may_have_arrived);
    EXPECT_FALSE(webhook_receipt(nobody, webhook, night).may_have_arrived);
    EXPECT_FALSE(webhook_receipt(http_reply(503, ""), webhook, night).may_have_arrived);
}

struct MailRow {
    const char* why;
    MailStage stage;
    int code;
    std::string enhanced;
    R result;
};

TEST(Receipts, of_mail_are_judged_by_stage_and_code) {
    using S = MailStage;
    const std::vector<MailRow> rows{
        {"refused connection", S::connect, 0, "", R::retry},
        {"no greeting in time", S::greeting, 0, "", R::retry},
        {"busy at the greeting", S::greeting, 421, "4.3.2", R::retry},
        {"no service for us", S::greeting, 554, "5.7.1", R::broken},
        {"handshake broke off", S::tls, 0, "", R::retry},
        {"STARTTLS is refused for now", S::tls, 454, "", R::retry},
        {"no STARTTLS at all", S::tls, 502, "", R::broken},
        {"bad credentials", S::login, 535, "5.7.8", R::broken},
        {"log-in required", S::login, 530, "5.7.0", R::broken},
        {"log-in fails for now", S::login, 454, "4.7.0", R::retry},
        {"log-in required, said late", S::sender, 530, "5.7.0", R::broken},
        {"sender refused", S::sender, 550, "5.7.1", R::broken},
        {"too large by SIZE", S::sender, 552, "5.3.4", R::bad_payload},
        {"no such mailbox", S::recipient, 550, "5.1.1", R::broken},
        {"relay denied", S::recipient, 554, "5.7.1", R::broken},
        {"mailbox name not allowed", S::recipient, 553, "5.1.3", R::broken},
        {"mailbox full", S::recipient, 552, "5.2.2", R::broken},
        {"greylisted", S::recipient, 450, "4.7.1", R::retry},
        {"local error", S::recipient, 451, "", R::retry},
        {"no room now", S::recipient, 452, "4.2.2", R::retry},
        {"broke off within the data", S::data, 354, "", R::retry},
        {"no answer to DATA", S::data, 0, "", R::retry},
        {"DATA refused for now", S::data, 421, "", R::retry},
        {"time out after the final dot", S::committed, 354, "", R::ambiguous},
        {"lost after the final dot", S::committed, 0, "", R::ambiguous},
        {"refused for now after the dot", S::committed, 451, "4.3.0", R::retry},
        {"closing after the dot", S::committed, 421, "", R::retry},
        {"too large", S::committed, 552, "5.3.4", R::bad_payload},
        {"too large, no enhanced code", S::committed, 552, "", R::bad_payload},
        {"content refused", S::committed, 554, "5.6.0", R::bad_payload},
        {"taken for spam", S::committed, 554, "5.7.1", R::bad_payload},
        {"no mailbox, said late", S::committed, 550, "5.1.1", R::broken},
        {"mailbox full, said late", S::committed, 552, "5.2.2", R::broken},
        {"too long for the mailbox", S::committed, 552, "5.2.3", R::bad_payload},
    };
    for (const MailRow& row : rows) {
        MailReply reply;
        reply.stage = row.stage;
        reply.code = row.code;
        reply.enhanced = row.enhanced;
        reply.error = row.why;
        EXPECT_EQ(mail_receipt(reply, mail_server).result, row.result) << row.why;
    }
    MailReply accepted;
    accepted.stage = MailStage::committed;
    accepted.code = 250;
    accepted.text = "2.0.0 Ok: queued as 4F1";
    EXPECT_EQ(mail_receipt(accepted, MailServer()).result, R::delivered);
    EXPECT_EQ(mail_receipt(accepted, MailServer()).answer, "250 2.0.0 Ok: queued as 4F1");
    MailReply impostor;
    impostor.stage = MailStage::tls;
    impostor.is_impostor = true;
    impostor.error = "the certificate has expired";
    EXPECT_EQ(mail_receipt(impostor, MailServer()).result, R::broken);
    EXPECT_EQ(mail_receipt(impostor, MailServer()).answer, "the certificate has expired");
    MailReply misconfigured;
    misconfigured.stage = MailStage::login;
    misconfigured.code = 250;
    misconfigured.is_misconfigured = true;
    misconfigured.error = "mail.example.com:587 does not offer a login";
    EXPECT_EQ(mail_receipt(misconfigured, MailServer()).result, R::broken);
}

TEST(Receipts, of_mail_say_nothing_twice) {
    MailReply reply;
    reply.stage = MailStage::login;
    reply.code = 535;
    reply.text = "5.7.8 who are you?";
    reply.error = "mail.example.com:587 refused the login: 535 5.7.8 who are you?";

    EXPECT_EQ(mail_receipt(reply, mail_server).answer, reply.error);
}

TEST(RetryAfter, is_read_in_seconds_and_as_a_date) {
    const std::vector<std::pair<std::string, std::optional<Duration>>> rows{
        {"30", 30s},
        {" 30 ", 30s},
        {"0", 0s},
        {"3600", 1h},
        {"3601", 1h},
        {"99999999999999999999999999", 1h},
        {"Sun, 22 Nov 2026 03:02:00 GMT", 2min},
        {"Sun, 22 Nov 2026 02:00:00 GMT", 0s},
        {"Sun, 22 Nov 2099 03:00:00 GMT", 1h},
        {"Sun, 31 Feb 2026 03:00:00 GMT", std::nullopt},
        {"Sun, 22 Nov 2026 03:02:00", std::nullopt},
        {"-5", std::nullopt},
        {"1.5", std::nullopt},
        {"soon", std::nullopt},
        {"", std::nullopt},
    };
    for (const auto& [header, wait] : rows)
        EXPECT_EQ(parse_retry_after(header, night), wait) << header;
}

TEST(RetryAfter, of_slack_is_the_longer_of_header_and_body) {
    const auto wait = [](const std::string& header, const std::string& body) {
        HttpReply reply = http_reply(429, body);
        reply.retry_after = header;
        return slack_receipt(reply, slack_url, night).retry_after;
    };
    EXPECT_EQ(wait("", R"({"ok":false,"error":"rate_limited","retry_after":30})"), 30s);
    EXPECT_EQ(wait("60", R"({"ok":false,"error":"rate_limited","retry_after":30})"), 60s);
    EXPECT_EQ(wait("10", R"({"retry_after":29.2})"), 30s);
    EXPECT_EQ(wait("", R"({"retry_after":1e300})"), 1h);
    EXPECT_EQ(wait("", R"({"retry_after":-1e300})"), 0s);
    EXPECT_EQ(wait("", R"({"retry_after":"soon"})"), std::nullopt);
    EXPECT_EQ(wait("", "rate_limited"), std::nullopt);
    EXPECT_EQ(wait("10", R"([1,2)"), 10s);
}

TEST(RetryAfter, is_kept_of_pagerduty_and_of_a_webhook) {
    HttpReply reply = http_reply(429, "");
    reply.retry_after = "Sun, 22 Nov 2026 03:00:45 GMT";

    EXPECT_EQ(pagerduty_receipt(reply, routing_key, night).retry_after, 45s);
    EXPECT_EQ(webhook_receipt(reply, WebhookSettings(), night).retry_after, 45s);
}

TEST(Answers, are_bounded_and_hold_no_secret_that_is_repeated) {
    const std::string repeated = "you sent " + slack_url.reveal() +
                                 " /services/T0CANARY/B0CANARY/canarytoken" + "\r\nX-Header: 1" +
                                 std::string(5000, 'x');
    WebhookSettings webhook;
    webhook.url = Secret("https://ops.example.com/hook/canarypath?token=canary");
    webhook.secret = Secret("canarysecretcanarysecret");
    MailReply mail;
    mail.code = 535;
    mail.stage = MailStage::login;
    mail.text = "canarypassword is wrong";
    mail.error = "log-in failed with canarypassword";
    HttpReply lost = no_http_reply(Reached::someone);
    lost.error = repeated;
    const std::vector<std::string> answers{
        slack_receipt(
            http_reply(404, slack_url.reveal() + " /services/T0CANARY/B0CANARY/canarytoken"),
            slack_url,
            night
        )
            .answer,
        slack_receipt(lost, slack_url, night).answer,
        pagerduty_receipt(http_reply(400, routing_key.reveal()), routing_key, night).answer,
        webhook_receipt(
            http_reply(500, webhook.url.reveal() + " " + webhook.secret.reveal()), webhook, night
        )
            .answer,
        mail_receipt(mail, mail_server).answer,
    };
    for (const std::string& answer : answers) {
        EXPECT_EQ(answer.find("canary"), std::string::npos) << answer;
        EXPECT_EQ(answer.find("CANARY"), std::string::npos) << answer;
        EXPECT_NE(answer.find("***"), std::string::npos) << answer;
        EXPECT_LE(answer.size(), 300u);
        EXPECT_EQ(answer.find('\n'), std::string::npos);
    }
}

/// As a server may quote what it was sent: as it is, in JSON, in HTML, or only a part of it.
std::string spelt(const std::string& text, const std::string& from, const std::string& to) {
    std::string all = text;
    for (auto at = all.find(from); at != all.npos; at = all.find(from, at + to.size())) {
        all.replace(at, from.size(), to);
    }
    return all;
}
using Quote = std::string (*)(const std::string&);
const std::vector<Quote> quotes{
    [](const std::string& text) { return text; },
    [](const std::string& text) { return spelt(text, "/", "\\/"); },
    [](const std::string& text) { return spelt(text, "&", "&amp;"); },
    [](const std::string& text) { return "no such part: " + spelt(text, "/", " of "); },
    [](const std::string& text) { return spelt(spelt(text, "&", ", "), "=", " is "); },
    [](const std::string& text) { return text.substr(0, text.find('?')) + " needs a token"; },
};

/// The other end repeats all that it was sent.
class Echo : public FakeNetwork {
  public:
    int status = 400;
    Quote quote = quotes.front();

    Task<HttpReply> send(HttpRequest request) override {
        HttpReply reply;
        reply.status = status;
        std::string& words = status == 0 ? reply.error : reply.body;
        words = quote(request.url.reveal()) + " " + request.body;
        for (const auto& [name, value] : request.headers) words = value.reveal() + " " + words;
        co_return reply;
    }
    Task<MailReply> send(Mail mail) override {
        MailReply reply;
        reply.code = 535;
        reply.stage = MailStage::login;
        reply.text = mail.server.password.reveal() + " of " + mail.server.username;
        const std::string& password = mail.server.password.reveal();
        reply.error = "no: " + password + ", " + to_base64(password) + ", " +
                      to_base64('\0' + mail.server.username + '\0' + password);
        co_return reply;
    }
};

TEST(Answers, and_lanes_of_all_notifiers_hold_no_canary) {
    const ReadNotifiers read = read_notifiers(
        "  - {type: slack, webhook_url: "
        "\"https://hooks.slack.com/services/T0canary/B0canary/canary1canary1\"}\n"
        "  - {type: pagerduty, routing_key: canary2canary2canary2canary2cana}\n"
        "  - {type: webhook, url: "
        "\"https://ops.example.com/canary3canary?t=canary4canary&u=canary7canary\",\n"
        "     secret: canary5canary5canary5canary5}\n"
        "  - {type: email, server: \"smtp://m.example.com\", username: me, password: "
        "canary6canary6,\n"
        "     from: a@example.com, to: [b@example.com]}\n"
    );
    ASSERT_EQ(read.errors, std::vector<std::string>{});
    for (const NotifierSettings& settings : read.notifiers) {
        for (const int status : {0, 200, 400, 404, 429, 500}) {
            for (const Quote quote : quotes) {
                Echo network;
                network.status = status;
                network.quote = quote;
                const auto notifier = make_notifier(settings, network);
                const Lane& lane = notifier->lanes().at(0);
                const std::string seen = send_by(*notifier, message_of(failed_backup())).answer +
                                         name_of(lane) + lane.endpoint;
                EXPECT_EQ(seen.find("canary"), std::string::npos) << seen;
                for (const std::string& login : {"canary6canary6"s, "\0me\0canary6canary6"s}) {
                    EXPECT_EQ(seen.find(to_base64(login).substr(0, 12)), std::string::npos) << seen;
                }
            }
        }
    }
}

TEST(Rendered, still_tells_what_cannot_be_worded) {
    int calls = 0;
    const std::string text = rendered(
        message_of(failed_backup()),
        {},
        [&](const Message& message, const Wording& wording) {
            if (++calls == 1) throw std::runtime_error("a template is broken");
            EXPECT_TRUE(message.plain);
            return plain_text(wording);
        }
    );

    EXPECT_EQ(
        text,
        "problem, critical: postry-ai/nightly backup: the backup of 2026-11-22T03:00Z failed: "
        "connection refused\n\n"
        "This message could not be worded in full: a template is broken\n\n"
        "problem, critical: postry-ai/nightly backup: the backup of 2026-11-22T03:00Z failed: "
        "connection refused\n"
    );
}

}  // namespace
}  // namespace backupwatch
