#include "notify/pagerduty.hpp"

#include "core/text.hpp"
#include "messages.hpp"

#include <boost/json/array.hpp>

namespace backupwatch {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

const Secret key("0123456789abcdef0123456789abcdef");
const std::string pagerduty_keys = "type: pagerduty, routing_key: " + key.reveal();

json::value event_of(const Notice& notice, const Links& links = {}) {
    return json::value(parsed(pagerduty_payload(message_of(notice), links, key)));
}

TEST(PagerDuty, triggers_with_the_stable_key_and_everything_to_know) {
    Notice notice = failed_backup();
    notice.value = "2 d 5 h";
    const json::value event =
        event_of(notice, {"https://wiki.example.com", "https://grafana.example.com", ""});

    EXPECT_EQ(text_at(event, "/routing_key"), key.reveal());
    EXPECT_EQ(text_at(event, "/event_action"), "trigger");
    EXPECT_EQ(text_at(event, "/dedup_key"), "backupwatch:postry-ai:nightly:backup");
    EXPECT_EQ(
        text_at(event, "/payload/summary"),
        "CRITICAL postry-ai/nightly backup: the backup of 2026-11-22T03:00Z failed: connection "
        "refused"
    );
    EXPECT_EQ(text_at(event, "/payload/source"), "postry-ai/nightly");
    EXPECT_EQ(text_at(event, "/payload/severity"), "critical");
    EXPECT_EQ(text_at(event, "/payload/timestamp"), "2026-11-22T03:00:01Z");
    EXPECT_EQ(text_at(event, "/payload/component"), "backup");
    EXPECT_EQ(text_at(event, "/payload/group"), "postry-ai");
    EXPECT_EQ(text_at(event, "/payload/custom_details/value"), "2 d 5 h");
    EXPECT_EQ(
        text_at(event, "/payload/custom_details/acknowledge"),
        "To stop the reminders for 24 h: backupwatch acknowledge 12"
    );
    EXPECT_EQ(event.at("payload").at("custom_details").at("failures").as_int64(), 2);
    EXPECT_EQ(text_at(event, "/client"), "backupwatch");
    EXPECT_EQ(text_at(event, "/client_url"), "https://grafana.example.com");
    EXPECT_EQ(text_at(event, "/links/0/href"), "https://wiki.example.com");
}

TEST(PagerDuty, links_to_the_provider_s_page_where_the_source_has_one) {
    Notice notice = failed_backup();
    EXPECT_FALSE(event_of(notice).as_object().contains("links")) << "a dump has none";

    notice.provider_page = "https://provider.example.com/shop/backups";
    const json::value event = event_of(notice);

    EXPECT_EQ(text_at(event, "/links/0/href"), "https://provider.example.com/shop/backups");
    EXPECT_EQ(text_at(event, "/links/0/text"), "The provider's backups");
}

TEST(PagerDuty, maps_every_kind_to_an_action) {
    const std::vector<std::pair<NoticeKind, std::string>> rows{
        {NoticeKind::problem, "trigger"},
        {NoticeKind::worse, "trigger"},
        {NoticeKind::again, "trigger"},
        {NoticeKind::reminder, "trigger"},
        {NoticeKind::acknowledged, "acknowledge"},
        {NoticeKind::recovery, "resolve"},
        {NoticeKind::unwatched, "resolve"},
        {NoticeKind::passed_by, "resolve"},
        {NoticeKind::test, "trigger"},
    };
    for (const auto& [kind, action] : rows) {
        Notice notice = failed_backup();
        notice.kind = kind;
        const json::value event = event_of(notice);
        EXPECT_EQ(text_at(event, "/event_action"), action);
        EXPECT_EQ(text_at(event, "/dedup_key"), "backupwatch:postry-ai:nightly:backup");
        EXPECT_EQ(event.as_object().contains("payload"), action == "trigger");
    }
}

TEST(PagerDuty, maps_every_severity) {
    const std::vector<std::pair<Severity, std::string>> rows{
        {Severity::critical, "critical"},
        {Severity::unknown, "error"},
        {Severity::warning, "warning"},
        {Severity::ok, "info"},
    };
    for (const auto& [severity, name] : rows) {
        Notice notice = failed_backup();
        notice.severity = severity;
        EXPECT_EQ(text_at(event_of(notice), "/payload/severity"), name);
    }
}

TEST(PagerDuty, uses_the_key_that_the_incident_was_opened_with) {
    FakeNetwork network;
    network.http_reply = http_reply(202, R"({"status":"success"})");
    const auto pager = make_notifier(read_notifier(pagerduty_keys), network);
    Message message = message_of(failed_backup());
    message.route = "ffffffffffffffffffffffffffffffff";

    EXPECT_EQ(send_by(*pager, message).result, SendResult::delivered);
    ASSERT_EQ(network.requests.size(), 1u);
    EXPECT_EQ(network.requests[0].url.reveal(), "https://events.pagerduty.com/v2/enqueue");
    EXPECT_EQ(text_at(parsed(network.requests[0].body), "/routing_key"), message.route);
    EXPECT_EQ(pager->lanes().at(0).route, key.reveal());
}

TEST(PagerDuty, is_told_one_notice_at_a_time_and_not_too_often) {
    FakeNetwork network;
    const auto pager = make_notifier(read_notifier(pagerduty_keys), network);

    EXPECT_FALSE(pager->takes_digests());
    EXPECT_LE(1min / pager->pace(), 120);
    EXPECT_EQ(send_by(*pager, message_of(storm(2))).result, SendResult::bad_payload);
    EXPECT_TRUE(network.requests.empty());
}

void expect_within_limits(const std::string& payload) {
    EXPECT_LE(payload.size(), 512'000u);
    const json::value event(parsed(payload));
    const std::string dedup_key = text_at(event, "/dedup_key");
    EXPECT_LE(code_points(dedup_key), 255u);
    EXPECT_EQ(clean_line(dedup_key), dedup_key);
    if (!event.as_object().contains("payload")) return;
    EXPECT_LE(code_points(text_at(event, "/payload/summary")), 1024u);
    EXPECT_FALSE(text_at(event, "/payload/summary").empty());
    EXPECT_FALSE(text_at(event, "/payload/source").empty());
}

TEST(PagerDuty, takes_whatever_a_name_or_a_summary_is) {
    for (const std::string& text : hostile_texts()) {
        for (const NoticeKind kind : all_kinds()) {
            Message message = message_of(hostile_notice(text, kind));
            expect_within_limits(pagerduty_payload(message, {text, text, text}, key));
            message.plain = true;
            expect_within_limits(pagerduty_payload(message, {}, key));
        }
    }
}

TEST(PagerDuty, tells_long_names_apart) {
    Notice one = failed_backup();
    one.key.database = std::string(1000, 'x') + "1";
    Notice other = one;
    other.key.database.back() = '2';
    EXPECT_NE(text_at(event_of(one), "/dedup_key"), text_at(event_of(other), "/dedup_key"));
}

TEST(PagerDuty, explains_details_that_are_too_large) {
    Notice notice = failed_backup();
    for (int i = 0; i < 60'000; ++i) notice.members.push_back("customer-" + std::to_string(i));
    const std::string payload = pagerduty_payload(message_of(notice), {}, key);

    expect_within_limits(payload);
    EXPECT_NE(payload.find("too large for PagerDuty"), std::string::npos);
}

TEST(PagerDuty, sends_the_bare_event_when_the_payload_was_refused) {
    Message message = message_of(failed_backup());
    message.plain = true;
    const json::object event = parsed(pagerduty_payload(message, {"https://wiki", "", ""}, key));

    EXPECT_FALSE(event.contains("links"));
    const json::object& details = event.at("payload").at("custom_details").as_object();
    EXPECT_EQ(details.size(), 1u) << "where an error stands that kept it from being worded";
    EXPECT_NE(text_at(event, "/payload/custom_details/what"), "");
    EXPECT_TRUE(event.at("payload").as_object().contains("severity"));
}

}  // namespace
}  // namespace backupwatch
