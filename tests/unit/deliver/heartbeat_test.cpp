// The dead man's switch: what is said, when, and that its other end is in nobody's way.
#include "deliver/heartbeat.hpp"

#include "async/scope.hpp"
#include "config/yaml.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/fake_http_server.hpp"
#include "fakes/fake_network.hpp"
#include "support/loop.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

const Instant begun = parse_rfc3339("2026-11-22T03:05:00Z").value();
const std::string url = "https://hc-ping.com/canary-uuid";

HttpReply reply_of(int status, const std::string& body = "OK") {
    HttpReply reply;
    reply.status = status;
    reply.body = body;
    return reply;
}

HeartbeatSettings settings_of(const std::string& address) {
    HeartbeatSettings settings;
    settings.url = Secret(address);
    return settings;
}

class HeartbeatTest : public testing::Test {
  protected:
    HeartbeatTest() { network.http_reply = reply_of(200); }
    ~HeartbeatTest() override {
        scope.cancel();
        clock.settle();
    }

    void begin() {
        heartbeat.use(settings_of(url));
        scope.spawn("heartbeat", heartbeat.run());
        clock.settle();
    }
    /// What was sent since the last call: `GET url` or `POST url: body`.
    Lines sent() {
        Lines lines;
        for (const HttpRequest& request : network.requests) {
            lines.push_back(request.method + " " + request.url.reveal());
            if (!request.body.empty()) lines.back() += ": " + request.body;
        }
        network.requests.clear();
        return lines;
    }
    Task<Lines> audit() {
        ++audits;
        co_return reasons;
    }

    asio::io_context loop{1};
    FakeClock clock{loop, begun};
    FakeNetwork network;
    Lines reasons;
    int audits = 0;
    Scope scope{loop.get_executor(), [](const std::string&, const std::string& what) {
                    ADD_FAILURE() << what;
                }};
    Heartbeat heartbeat{clock, network, [this] { return audit(); }, loop.get_executor()};
};

TEST_F(HeartbeatTest, comes_at_once_and_then_again_and_again) {
    begin();
    EXPECT_EQ(sent(), Lines{"GET " + url});
    clock.advance(4min + 59s);
    EXPECT_EQ(sent(), Lines{});
    clock.advance(1s);
    EXPECT_EQ(sent(), Lines{"GET " + url});
    clock.advance(1h);
    EXPECT_EQ(sent().size(), 12u);
    EXPECT_EQ(heartbeat.state().is_passed, true);
    EXPECT_EQ(heartbeat.state().last_accepted, begun + 1h + 5min);
    EXPECT_EQ(heartbeat.state().failures, 0u);
}

TEST_F(HeartbeatTest, says_why_when_the_audit_fails) {
    begin();
    sent();
    reasons = {"the state cannot be written: the disk is full", "nobody can be told"};
    clock.advance(5min);
    EXPECT_EQ(
        sent(),
        Lines{
            "POST " + url +
            "/fail: the state cannot be written: the disk is full\nnobody can be told"}
    );
    EXPECT_EQ(heartbeat.state().is_passed, false);
    reasons.clear();
    clock.advance(5min);
    EXPECT_EQ(sent(), Lines{"GET " + url});
}

TEST_F(HeartbeatTest, is_silent_while_the_audit_does_not_come_back) {
    Heartbeat hanging(
        clock,
        network,
        [this]() -> Task<Lines> {
            co_await pause(clock, 24h);
            co_return Lines();
        },
        loop.get_executor()
    );
    hanging.use(settings_of(url));
    scope.spawn("heartbeat", hanging.run());
    clock.advance(23h);
    EXPECT_EQ(sent(), Lines{});
    scope.cancel();
    clock.settle();
}

TEST_F(HeartbeatTest, tries_four_times_and_then_waits_for_the_next_beat) {
    network.http_reply = reply_of(503, "busy");
    begin();
    clock.advance(1min);
    EXPECT_EQ(sent(), Lines(4, "GET " + url));
    EXPECT_EQ(heartbeat.state().failures, 4u);
    EXPECT_EQ(heartbeat.state().error, "HTTP 503: busy");
    EXPECT_FALSE(heartbeat.state().last_accepted);
    clock.advance(3min + 59s);
    EXPECT_EQ(sent(), Lines{}) << "in the rhythm that it had";
    network.http_reply = reply_of(200);
    clock.advance(1s);
    EXPECT_EQ(sent(), Lines{"GET " + url});
    EXPECT_EQ(heartbeat.state().error, "");
}

TEST_F(HeartbeatTest, is_not_repeated_to_who_will_not_have_it) {
    network.http_reply = reply_of(404, "not found");
    begin();
    clock.advance(1min);
    EXPECT_EQ(sent().size(), 1u);
    EXPECT_EQ(heartbeat.state().error, "HTTP 404: not found");
}

TEST_F(HeartbeatTest, goes_where_a_reload_says_at_once_and_nowhere_without_a_url) {
    begin();
    sent();
    heartbeat.use(settings_of("https://hc.example.com/other"));
    clock.settle();
    EXPECT_EQ(sent(), Lines{"GET https://hc.example.com/other"});
    heartbeat.use(std::nullopt);
    const int before = audits;
    clock.advance(1h);
    EXPECT_EQ(sent(), Lines{});
    EXPECT_GT(audits, before) << "the audit is a metric all the same";
}

TEST(HeartbeatError, is_what_was_said_without_the_url) {
    const Secret secret(url);
    EXPECT_EQ(heartbeat_error(reply_of(200), secret), "");
    EXPECT_EQ(heartbeat_error(reply_of(201, "Created"), secret), "");
    EXPECT_EQ(heartbeat_error(reply_of(200, "OK (not found)"), secret), "HTTP 200: OK (not found)");
    EXPECT_EQ(heartbeat_error(reply_of(302, ""), secret), "HTTP 302");
    const std::string echo = heartbeat_error(reply_of(404, "no /canary-uuid at " + url), secret);
    EXPECT_EQ(echo.find("canary"), std::string::npos) << echo;
    const std::string part = heartbeat_error(reply_of(404, "canary-uuid is not known"), secret);
    EXPECT_EQ(part, "HTTP 404: *** is not known");
    HttpReply none;
    none.error = "no answer within 10s";
    EXPECT_EQ(heartbeat_error(none, secret), "no answer within 10s");
}

TEST(FailUrl, is_below_the_path) {
    EXPECT_EQ(fail_url("https://hc-ping.com/uuid"), "https://hc-ping.com/uuid/fail");
    EXPECT_EQ(fail_url("https://hc-ping.com/uuid/"), "https://hc-ping.com/uuid/fail");
    EXPECT_EQ(fail_url("https://h/key/slug?create=1"), "https://h/key/slug/fail?create=1");
    EXPECT_EQ(fail_url("https://h/a#b"), "https://h/a/fail#b");
}

/// With a real client and a real server, one beat.
std::string beat_to(FakeHttpServer& server, Lines reasons) {
    asio::io_context loop(1);
    const auto clock = make_clock(loop.get_executor());
    const auto network = make_network(loop.get_executor());
    Heartbeat heartbeat(
        *clock, *network, [reasons]() -> Task<Lines> { co_return reasons; }, loop.get_executor()
    );
    heartbeat.use(settings_of(server.url("/canary-uuid")));
    Scope scope(loop.get_executor(), [](auto&&...) {});
    scope.spawn("heartbeat", heartbeat.run());
    const auto is_over = [&] {
        return heartbeat.state().last_accepted || !heartbeat.state().error.empty();
    };
    while (!is_over() && loop.run_one() > 0) continue;
    scope.cancel();
    loop.run();
    return heartbeat.state().error;
}

TEST(HeartbeatOverHttp, is_a_get_or_the_reasons_posted) {
    FakeHttpServer server(FakeAnswer{200, {}, "OK"});
    EXPECT_EQ(beat_to(server, {}), "");
    EXPECT_EQ(beat_to(server, {"the disk is full"}), "");

    const auto received = server.received();
    ASSERT_EQ(received.size(), 2u);
    EXPECT_EQ(received[0].method + " " + received[0].target, "GET /canary-uuid");
    EXPECT_EQ(received[1].method + " " + received[1].target, "POST /canary-uuid/fail");
    EXPECT_EQ(received[1].headers.at("content-type"), "text/plain; charset=utf-8");
    EXPECT_EQ(received[1].body, "the disk is full");
}

TEST(HeartbeatOverHttp, is_tried_again_where_the_connection_breaks) {
    int connections = 0;
    FakeHttpServer server([&connections](const ReceivedRequest&) {
        FakeAnswer answer{200, {}, "OK"};
        if (++connections < 3) answer.fault = FakeAnswer::Fault::reset;
        return answer;
    });
    EXPECT_EQ(beat_to(server, {}), "");
    EXPECT_EQ(server.received().size(), 3u);
}

TEST(HeartbeatOverHttp, follows_no_redirect) {
    FakeHttpServer server(FakeAnswer{302, {{"Location", "/elsewhere"}}, ""});
    EXPECT_EQ(beat_to(server, {}), "HTTP 302");
    EXPECT_EQ(server.received().size(), 1u);
}

struct HeartbeatOf {
    HeartbeatSettings heartbeat;
};
void describe(Section& section, HeartbeatOf& document) {
    section.section("heartbeat", document.heartbeat, "who notices when we die");
}

std::string error_of(const std::string& yaml) {
    ConfigErrors errors;
    const YamlFile file = parse_yaml("heartbeat: {" + yaml + "}\n", "config.yaml", errors);
    HeartbeatOf document;
    read_section(file.root, document, errors);
    std::string all;
    for (const ConfigError& error : errors) all += to_string(error) + "\n";
    return all;
}

TEST(HeartbeatSettingsOf, a_document_are_checked_and_never_shown) {
    EXPECT_EQ(error_of("url: 'https://hc-ping.com/canary', every: 5m"), "");
    EXPECT_EQ(error_of("url: 'http://127.0.0.1:8000/canary', every: 1m"), "");
    EXPECT_NE(error_of("every: 5m").find("url is missing"), std::string::npos);
    EXPECT_NE(error_of("url: 'https://h/canary', every: 30s").find("less than"), std::string::npos);
    const std::string plain = error_of("url: 'http://hc-ping.com/canary'");
    EXPECT_NE(plain.find("https://"), std::string::npos) << plain;
    EXPECT_EQ(plain.find("canary"), std::string::npos) << plain;
}

}  // namespace
}  // namespace backupwatch
