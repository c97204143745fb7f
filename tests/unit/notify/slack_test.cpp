#include "notify/slack.hpp"

#include "messages.hpp"
#include "notify/slack_text.hpp"

#include <boost/json/array.hpp>

namespace backupwatch {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

const std::string url = "https://hooks.slack.com/services/T0CANARY/B0CANARY/canary";
const std::string slack_keys = "type: slack, webhook_url: \"" + url + "\"";

/// Facts 1.1: what Slack refuses is not in the payload; and nobody is called by a name.
void expect_within_slack_limits(const std::string& payload) {
    const json::object message = parsed(payload);
    ASSERT_TRUE(message.contains("text"));
    EXPECT_LE(message.at("text").get_string().size(), 40'000u);
    EXPECT_FALSE(message.at("text").get_string().empty());
    std::size_t blocks = 0;
    std::size_t characters = 0;
    std::vector<std::string> texts{std::string(message.at("text").get_string())};
    const auto count = [&](const json::array& all) {
        for (const json::value& block : all) {
            ++blocks;
            const std::string text = text_at(block, "/text/text");
            texts.push_back(text);
            characters += text.size();
            const bool is_header = text_at(block, "/type") == "header";
            EXPECT_GE(text.size(), 1u);
            EXPECT_LE(text.size(), is_header ? 150u : 3000u);
        }
    };
    if (const auto* all = message.if_contains("blocks")) count(all->get_array());
    if (const auto* all = message.if_contains("attachments")) {
        for (const json::value& attachment : all->get_array())
            count(attachment.at("blocks").get_array());
    }
    EXPECT_LE(blocks, 50u);
    EXPECT_LE(characters, 13'200u);
    for (const std::string& text : texts) {
        for (const char* call : {"<!", "<@", "<#", "@here", "@channel", "<https://evil"}) {
            EXPECT_EQ(text.find(call), std::string::npos) << call << "\n" << text.substr(0, 500);
        }
    }
}

TEST(Slack, sends_a_header_and_a_coloured_bar_with_everything_beside_it) {
    Notice notice = failed_backup();
    notice.next = NextStep{{"pagerduty"}, std::nullopt, 3};
    const json::value payload(
        parsed(slack_payload(message_of(notice), {"https://wiki.example.com/a?b=1&c=2", "", ""}))
    );

    EXPECT_EQ(text_at(payload, "/text").substr(0, 34), "CRITICAL postry-ai/nightly backup:");
    EXPECT_EQ(text_at(payload, "/blocks/0/type"), "header");
    EXPECT_EQ(text_at(payload, "/blocks/0/text/type"), "plain_text");
    EXPECT_EQ(text_at(payload, "/attachments/0/color"), "#E01E5A");
    std::string all;
    for (const json::value& block : payload.at("attachments").at(0).at("blocks").get_array()) {
        EXPECT_EQ(text_at(block, "/text/type"), "mrkdwn");
        all += text_at(block, "/text/text") + "\n";
    }
    for (const char* part :
         {"The check backup of postry-ai/nightly is critical",
          "2 failures in a row",
          "Last completed backup: 20261120T030000Z",
          "`backupwatch check postry-ai/nightly`",
          "<https://wiki.example.com/a?b=1&amp;c=2|Follow the runbook>",
          "pagerduty is called at 3 failures in a row",
          "`backupwatch acknowledge 12`"}) {
        EXPECT_NE(all.find(part), std::string::npos) << part << "\nin\n" << all;
    }
}

TEST(Slack, colours_by_severity_and_green_when_it_is_over) {
    const auto colour = [](NoticeKind kind, Severity severity) {
        Notice notice = failed_backup();
        notice.kind = kind;
        notice.severity = severity;
        return text_at(parsed(slack_payload(message_of(notice), {})), "/attachments/0/color");
    };
    EXPECT_EQ(colour(NoticeKind::problem, Severity::critical), "#E01E5A");
    EXPECT_EQ(colour(NoticeKind::reminder, Severity::unknown), "#7C3AED");
    EXPECT_EQ(colour(NoticeKind::worse, Severity::warning), "#ECB22E");
    EXPECT_EQ(colour(NoticeKind::recovery, Severity::critical), "#2EB67D");
    EXPECT_EQ(colour(NoticeKind::test, Severity::ok), "#1D9BD1");
}

TEST(Slack, sends_the_bare_words_when_the_payload_was_refused) {
    Message message = message_of(failed_backup());
    message.plain = true;
    const json::object payload = parsed(slack_payload(message, {}));

    EXPECT_FALSE(payload.contains("blocks"));
    EXPECT_FALSE(payload.contains("attachments"));
    EXPECT_NE(text_at(payload, "/text").find("backupwatch acknowledge 12"), std::string::npos);
}

TEST(Slack, shows_a_name_letter_by_letter) {
    EXPECT_EQ(slack_escaped("a & <b>"), "a &amp; &lt;b&gt;");
    EXPECT_EQ(slack_escaped("<!channel> @here"), "&lt;!channel&gt; @\u2060here");
    EXPECT_EQ(slack_escaped("ops@example.com"), "ops@example.com");
}

TEST(Slack, takes_whatever_a_name_or_a_summary_is) {
    for (const std::string& text : hostile_texts()) {
        for (const NoticeKind kind : all_kinds()) {
            Message message = message_of(hostile_notice(text, kind));
            expect_within_slack_limits(slack_payload(message, {text, text, text}));
            message.plain = true;
            expect_within_slack_limits(slack_payload(message, {text, text, text}));
        }
    }
}

TEST(Slack, takes_any_number_of_members_of_one_cause) {
    Notice notice = failed_backup();
    for (int i = 0; i < 10'000; ++i) notice.members.push_back("customer-" + std::to_string(i));
    expect_within_slack_limits(slack_payload(message_of(notice), {}));
}

TEST(Slack, tells_a_storm_of_ten_thousand_in_a_handful_of_messages_that_name_all) {
    FakeNetwork network;
    const auto slack = make_notifier(read_notifier(slack_keys), network);
    const std::vector<Notice> notices = storm(10'000);
    std::span<const Notice> rest = notices;
    std::string texts;
    int messages = 0;
    while (!rest.empty()) {
        const std::size_t count = slack->fits(rest);
        ASSERT_GE(count, 1u);
        const auto part = rest.first(count);
        const std::string payload = slack_payload(message_of({part.begin(), part.end()}), {});
        expect_within_slack_limits(payload);
        texts += text_at(parsed(payload), "/text");
        rest = rest.subspan(count);
        ++messages;
    }
    EXPECT_LE(messages, 5);
    for (const Notice& notice : notices) {
        ASSERT_NE(texts.find(notice.key.database), std::string::npos) << notice.key.database;
    }
}

TEST(Slack, fits_hostile_storms_too) {
    FakeNetwork network;
    const auto slack = make_notifier(read_notifier(slack_keys), network);
    for (const std::string& text : hostile_texts()) {
        const std::vector<Notice> notices(300, hostile_notice(text));
        const std::size_t count = slack->fits(notices);
        ASSERT_GE(count, 1u);
        expect_within_slack_limits(slack_payload(
            message_of({notices.begin(), notices.begin() + static_cast<std::ptrdiff_t>(count)}), {}
        ));
    }
}

TEST(Slack, posts_to_the_webhook_within_its_time) {
    FakeNetwork network;
    network.http_reply = http_reply(200, "ok");
    const auto slack = make_notifier(
        read_notifier(slack_keys + ", timeout: 7s, proxy: \"http://p:3128\""), network
    );

    const Receipt receipt = send_by(*slack, message_of(failed_backup()));

    EXPECT_EQ(receipt.result, SendResult::delivered);
    EXPECT_EQ(receipt.answer, "HTTP 200: ok");
    ASSERT_EQ(network.requests.size(), 1u);
    const HttpRequest& request = network.requests[0];
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.url.reveal(), url);
    EXPECT_EQ(request.limit, 7s);
    EXPECT_EQ(request.network.proxy, "http://p:3128");
    EXPECT_EQ(request.headers.at(0).second.reveal(), "application/json; charset=utf-8");
    EXPECT_EQ(request.body.find("canary"), std::string::npos);
    EXPECT_EQ(slack->pace(), 1s);
    EXPECT_TRUE(slack->takes_digests());
}

}  // namespace
}  // namespace backupwatch
