#include "notify/webhook.hpp"

#include "core/base64.hpp"
#include "messages.hpp"
#include "notify/signing.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <map>

namespace backupwatch {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

const std::string webhook_keys =
    "type: webhook, url: \"https://ops.example.com/hook\", secret: "
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The example in the documentation of a receiver's library (Svix), and what Python's hmac makes of
/// it:
///     base64.b64encode(hmac.new(base64.b64decode("plJ3nmyCDGBKInavdOK15jsl"),
///         b'msg_loFOjxBNrRLzqYUf.1731705121.{"event_type":"ping","data":{"success":true}}',
///         sha256))
TEST(Webhook, signs_as_others_do) {
    const auto key = from_base64("plJ3nmyCDGBKInavdOK15jsl");
    const Instant at{std::chrono::seconds(1731705121)};
    const auto headers = webhook_headers(
        "msg_loFOjxBNrRLzqYUf", at + 999ms, R"({"event_type":"ping","data":{"success":true}})", *key
    );
    const std::map<std::string, std::string> by_name(headers.begin(), headers.end());

    EXPECT_EQ(by_name.at("webhook-id"), "msg_loFOjxBNrRLzqYUf");
    EXPECT_EQ(by_name.at("webhook-timestamp"), "1731705121");
    EXPECT_EQ(by_name.at("webhook-signature"), "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=");
}

TEST(Webhook, takes_a_secret_in_base64_or_as_it_is) {
    EXPECT_EQ(webhook_key(Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))->size(), 24u);
    EXPECT_EQ(webhook_key(Secret("a text that is long enough")), "a text that is long enough");
    EXPECT_EQ(webhook_key(Secret("too short")), std::nullopt);
    EXPECT_EQ(webhook_key(Secret("whsec_a b")), std::nullopt);
}

TEST(Signing, makes_and_reads_base64) {
    const std::vector<std::pair<std::string, std::string>> rows{
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"\xFF\xFE", "//4="}};
    for (const auto& [bytes, text] : rows) {
        EXPECT_EQ(to_base64(bytes), text);
        EXPECT_EQ(from_base64(text), bytes);
    }
    EXPECT_EQ(from_base64("Zg"), "f");
    EXPECT_EQ(from_base64("Z"), std::nullopt);
    EXPECT_EQ(from_base64("Zm9v!"), std::nullopt);
}

TEST(Signing, fingerprints_parts_and_not_what_they_make_together) {
    // printf 'a\0b\0' | sha256sum
    EXPECT_EQ(fingerprint({"a", "b"}), "8fb20ef63ced4145");
    EXPECT_NE(fingerprint({"ab", ""}), fingerprint({"a", "b"}));
}

TEST(Webhook, sends_what_is_documented) {
    Notice notice = failed_backup();
    notice.next = NextStep{{"pagerduty"}, night + 24h, 0};
    notice.value = "2 d";
    const json::value event(parsed(webhook_payload(message_of(notice), {})));

    EXPECT_EQ(text_at(event, "/type"), "incident.problem");
    EXPECT_EQ(text_at(event, "/timestamp"), "2026-11-22T03:00:01Z");
    EXPECT_EQ(text_at(event, "/data/title").substr(0, 8), "CRITICAL");
    EXPECT_NE(text_at(event, "/data/text").find("backupwatch acknowledge 12"), std::string::npos);
    const json::value& told = event.at("data").at("notices").at(0);
    EXPECT_EQ(
        json::serialize(told),
        R"({"kind":"problem","key":"backupwatch:postry-ai:nightly:backup","database":"postry-ai",)"
        R"("set":"nightly","check":"backup","severity":"critical",)"
        R"("summary":"the backup of 2026-11-22T03:00Z failed: connection refused",)"
        R"("since":"2026-11-22T03:00:00Z","failures":2,"made_at":"2026-11-22T03:00:01Z",)"
        R"("incident":12,"value":"2 d",)"
        R"("last_backup":{"id":"20261120T030000Z","at":"2026-11-20T03:00:00Z","size_bytes":151200000},)"
        R"("last_drill":{"id":"20261120T030000Z","at":"2026-11-20T04:00:00Z","seconds":1.832E2},)"
        R"("next":{"notifiers":["pagerduty"],"at":"2026-11-23T03:00:00Z"}})"
    );
}

TEST(Webhook, says_of_each_message_what_it_is) {
    const auto type = [](std::vector<Notice> notices) {
        return text_at(parsed(webhook_payload(message_of(std::move(notices)), {})), "/type");
    };
    Notice test = failed_backup();
    test.kind = NoticeKind::test;
    Notice digest = failed_backup();
    digest.kind = NoticeKind::digest;
    Notice note = failed_backup();
    note.kind = NoticeKind::noted;
    Notice over = failed_backup();
    over.kind = NoticeKind::recovery;

    EXPECT_EQ(type({test}), "test");
    EXPECT_EQ(type({digest}), "digest");
    EXPECT_EQ(type({note}), "note");
    EXPECT_EQ(type({over}), "incident.recovery");
    EXPECT_EQ(type(storm(2)), "incident.several");
}

TEST(Webhook, sends_the_words_alone_when_the_payload_was_refused) {
    Message message = message_of(failed_backup());
    message.plain = true;
    const json::object event = parsed(webhook_payload(message, {}));

    EXPECT_FALSE(event.at("data").as_object().contains("notices"));
    EXPECT_TRUE(event.at("data").as_object().contains("text"));
}

TEST(Webhook, signs_each_try_with_its_own_time_and_one_id) {
    FakeNetwork network;
    network.http_reply = http_reply(500, "");
    const auto hook = make_notifier(read_notifier(webhook_keys), network);
    Message message = message_of(failed_backup());
    send_by(*hook, message);
    message.now += 30s;
    send_by(*hook, message);

    ASSERT_EQ(network.requests.size(), 2u);
    std::vector<std::map<std::string, std::string>> headers(2);
    for (std::size_t i = 0; i < 2; ++i) {
        for (const auto& [name, value] : network.requests[i].headers)
            headers[i][name] = value.reveal();
        const std::string expected =
            "v1," +
            to_base64(hmac_sha256(
                *from_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                message.id + "." + headers[i]["webhook-timestamp"] + "." + network.requests[i].body
            ));
        EXPECT_EQ(headers[i]["webhook-signature"], expected);
    }
    EXPECT_EQ(headers[0]["webhook-id"], headers[1]["webhook-id"]);
    EXPECT_NE(headers[0]["webhook-timestamp"], headers[1]["webhook-timestamp"]);
}

TEST(Webhook, takes_whatever_a_name_or_a_summary_is) {
    for (const std::string& text : hostile_texts()) {
        for (const NoticeKind kind : all_kinds()) {
            parsed(webhook_payload(message_of(hostile_notice(text, kind)), {}));
        }
    }
}

TEST(Webhook, is_small_for_one_incident_and_bounded_in_a_storm) {
    FakeNetwork network;
    const auto hook = make_notifier(read_notifier(webhook_keys), network);
    EXPECT_LT(webhook_payload(message_of(failed_backup()), {}).size(), 20'000u);
    const std::vector<Notice> notices = storm(10'000);
    const std::size_t count = hook->fits(notices);

    EXPECT_GT(count, 500u);
    const std::vector<Notice> first(
        notices.begin(), notices.begin() + static_cast<std::ptrdiff_t>(count)
    );
    EXPECT_LE(webhook_payload(message_of(first), {}).size(), webhook_body_limit);
}

}  // namespace
}  // namespace backupwatch
