#include "fakes/fake_http_server.hpp"
#include "unit/net/support.hpp"

#include <gtest/gtest.h>

#include <string>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using Fault = FakeAnswer::Fault;

TEST(Http, delivers_a_request_and_returns_the_reply) {
    Net net;
    FakeHttpServer server(FakeAnswer{
        .status = 429,
        .headers = {{"Content-Type", "application/json"}, {"Retry-After", "30"}},
        .body = R"({"ok":false})"});
    auto request = request_to(server.url("/services/T/B?x=1"));
    request.headers = {{"Content-Type", Secret("application/json")}, {"X-Empty", Secret("")}};
    request.body = R"({"text":"hello"})";

    const auto reply = net.send(request);

    EXPECT_EQ(reply.error, "");
    EXPECT_EQ(reply.status, 429);
    EXPECT_EQ(reply.body, R"({"ok":false})");
    EXPECT_EQ(reply.content_type, "application/json");
    EXPECT_EQ(reply.retry_after, "30");
    ASSERT_EQ(server.received().size(), 1U);
    const auto received = server.received()[0];
    EXPECT_EQ(received.method, "POST");
    EXPECT_EQ(received.target, "/services/T/B?x=1");
    EXPECT_EQ(received.body, request.body);
    EXPECT_EQ(received.headers.at("content-type"), "application/json");
    EXPECT_EQ(received.headers.at("x-empty"), "");
    EXPECT_EQ(received.headers.at("user-agent"), "backupwatch/" BACKUPWATCH_VERSION);
}

TEST(Http, keeps_of_the_headers_those_that_are_wanted) {
    Net net;
    FakeHttpServer server(FakeAnswer{
        .status = 200,
        .headers = {{"X-RateLimit-Reset", " 37 "}, {"Set-Cookie", "secret"}},
        .body = "ok"});
    auto request = request_to(server.url());
    request.wanted = {"x-ratelimit-reset", "x-ratelimit-remaining"};

    const auto reply = net.send(request);

    const std::map<std::string, std::string> wanted{{"x-ratelimit-reset", "37"}};
    EXPECT_EQ(reply.headers, wanted);
}

TEST(Http, sends_a_large_body_at_once_and_other_methods_as_they_are) {
    Net net;
    FakeHttpServer server(FakeAnswer{});
    auto large = request_to(server.url());
    large.body.assign(2'000'000, 'x');
    auto get = request_to(server.url());
    get.method = "GET";
    get.body.clear();
    auto put = request_to(server.url());
    put.method = "PUT";

    EXPECT_EQ(net.send(large).status, 200);
    EXPECT_EQ(net.send(get).status, 200);
    EXPECT_EQ(net.send(put).status, 200);

    const auto received = server.received();
    EXPECT_EQ(received.at(0).body.size(), 2'000'000U);
    EXPECT_EQ(received.at(0).headers.count("expect"), 0U);
    EXPECT_EQ(received.at(0).headers.count("content-type"), 0U);
    EXPECT_EQ(received.at(1).method, "GET");
    EXPECT_EQ(received.at(2).method, "PUT");
    EXPECT_EQ(received.at(2).body, "{}");
    EXPECT_EQ(server.connections(), 3) << "a connection was used again";
}

TEST(Http, reaches_nobody_where_the_connection_is_refused) {
    Net net;
    const auto port = std::to_string(unused_port());

    const auto reply = net.send(request_to("http://127.0.0.1:" + port + "/secret"));

    EXPECT_EQ(reply.status, 0);
    EXPECT_EQ(reply.reached, Reached::nobody);
    EXPECT_EQ(reply.error, "cannot reach 127.0.0.1:" + port + ": connection refused");
}

TEST(Http, reaches_nobody_where_the_name_is_not_resolved) {
    Net net;

    const auto reply = net.send(request_to("http://no-such-host.invalid/secret", 20s));

    EXPECT_EQ(reply.reached, Reached::nobody);
    EXPECT_EQ(reply.error, "the name no-such-host.invalid is not resolved");
}

TEST(Http, ends_at_the_deadline_where_nothing_comes) {
    Net net;
    FakeHttpServer server(FakeAnswer{.fault = Fault::stall});
    const Stopwatch stopwatch;

    const auto reply = net.send(request_to(server.url(), 300ms));

    EXPECT_EQ(reply.status, 0);
    EXPECT_EQ(reply.reached, Reached::someone);
    EXPECT_TRUE(contains(reply.error, "no answer from 127.0.0.1")) << reply.error;
    EXPECT_GE(stopwatch.elapsed(), 290ms);
    EXPECT_LT(stopwatch.elapsed(), 2s);
}

TEST(Http, ends_at_the_deadline_where_bytes_drip) {
    Net net;
    FakeHttpServer server(FakeAnswer{.body = std::string(1000, 'x'), .between = 20ms});
    const Stopwatch stopwatch;

    const auto reply = net.send(request_to(server.url(), 400ms));

    EXPECT_EQ(reply.status, 0);
    EXPECT_EQ(reply.reached, Reached::someone);
    EXPECT_LT(stopwatch.elapsed(), 2s);
}

TEST(Http, takes_a_slow_answer_within_the_deadline) {
    Net net;
    FakeHttpServer server(FakeAnswer{.body = "ok", .before = 100ms, .between = 1ms});

    EXPECT_EQ(net.send(request_to(server.url())).body, "ok");
}

TEST(Http, may_have_been_heard_where_the_connection_breaks) {
    Net net;
    FakeHttpServer resets(FakeAnswer{.fault = Fault::reset});
    FakeHttpServer says_nothing(FakeAnswer{.only = 0});

    for (const auto* server : {&resets, &says_nothing}) {
        const auto reply = net.send(request_to(server->url()));
        EXPECT_EQ(reply.status, 0);
        EXPECT_EQ(reply.body, "");
        EXPECT_NE(reply.error, "");
        EXPECT_EQ(reply.reached, Reached::someone);
    }
}

TEST(Http, has_the_answer_of_whose_body_does_not_end) {
    Net net;
    const FakeAnswer whole{429, {{"Retry-After", "600"}}, std::string(100, 'x')};
    FakeAnswer broken = whole;
    broken.only = 130;
    FakeAnswer dripping = whole;
    dripping.body.assign(1000, 'x');
    dripping.between = 15ms;
    FakeHttpServer breaks(broken);
    FakeHttpServer drips(dripping);

    for (const auto* server : {&breaks, &drips}) {
        const auto reply = net.send(request_to(server->url(), 2500ms));
        EXPECT_EQ(reply.status, 429);
        EXPECT_EQ(reply.retry_after, "600");
        EXPECT_LT(reply.body.size(), server == &breaks ? 100U : 1000U);
    }
}

TEST(Http, gives_up_headers_that_do_not_end) {
    Net net;
    FakeHttpServer server(FakeAnswer{.fault = Fault::endless_headers});

    const auto reply = net.send(request_to(server.url()));

    EXPECT_EQ(reply.status, 0);
    EXPECT_EQ(reply.reached, Reached::someone);
    EXPECT_TRUE(contains(reply.error, "do not end")) << reply.error;
}

TEST(Http, keeps_no_more_of_a_body_than_was_asked_for) {
    Net net;
    FakeHttpServer endless(FakeAnswer{.status = 500, .fault = Fault::endless_body});
    FakeHttpServer exact(FakeAnswer{.body = std::string(1000, 'y')});
    auto one = request_to(endless.url());
    auto other = request_to(exact.url());
    one.most_reply = other.most_reply = 1000;

    const auto cut = net.send(one);
    const auto whole = net.send(other);

    EXPECT_EQ(cut.status, 500);
    EXPECT_EQ(cut.body, std::string(1000, 'x'));
    EXPECT_EQ(cut.error, "");
    EXPECT_EQ(whole.status, 200);
    EXPECT_EQ(whole.body, std::string(1000, 'y'));
}

TEST(Http, does_not_follow_a_redirect) {
    Net net;
    FakeHttpServer elsewhere(FakeAnswer{});
    FakeHttpServer server(FakeAnswer{.status = 302, .headers = {{"Location", elsewhere.url()}}});

    EXPECT_EQ(net.send(request_to(server.url())).status, 302);
    EXPECT_EQ(elsewhere.connections(), 0);
}

TEST(Http, refuses_what_is_neither_http_nor_https) {
    Net net;

    for (const auto* url :
         {"file:///etc/passwd", "ftp://127.0.0.1/", "127.0.0.1/x", "", "http://"}) {
        const auto reply = net.send(request_to(url));
        EXPECT_EQ(reply.error, "the URL is not one of http or https") << url;
        EXPECT_EQ(reply.reached, Reached::nobody);
    }
}

TEST(Http, refuses_headers_that_would_begin_others) {
    Net net;
    FakeHttpServer server(FakeAnswer{});
    auto in_value = request_to(server.url());
    in_value.headers = {{"X-Name", Secret("a\r\nX-Other: b")}};
    auto in_name = request_to(server.url());
    in_name.headers = {{"X-Name: a\r\nX-Other", Secret("b")}};

    EXPECT_NE(net.send(in_value).error, "");
    EXPECT_NE(net.send(in_name).error, "");
    EXPECT_EQ(server.connections(), 0);
}

TEST(Http, says_no_secret_whatever_goes_wrong) {
    Net net;
    const CertificateAuthority authority;
    FakeHttpServer stalls(FakeAnswer{.fault = Fault::stall});
    FakeHttpServer resets(FakeAnswer{.fault = Fault::reset});
    FakeHttpServer endless(FakeAnswer{.fault = Fault::endless_headers});
    FakeHttpServer garbled(FakeAnswer{.headers = {{"Content-Length", "canary-of-server"}}});
    FakeHttpServer untrusted(FakeAnswer{}, authority.issue());
    const std::string path = "/canary-path?canary-query";
    const std::string refused = std::to_string(unused_port());

    for (const auto& host :
         {"127.0.0.1:" + std::to_string(stalls.port()),
          "127.0.0.1:" + std::to_string(resets.port()),
          "127.0.0.1:" + std::to_string(endless.port()),
          "127.0.0.1:" + std::to_string(garbled.port()),
          "127.0.0.1:" + std::to_string(untrusted.port()),
          "127.0.0.1:" + refused,
          std::string("no-such-host.invalid"),
          std::string("bad host")}) {
        for (const std::string scheme : {"http", "https", "canary"}) {
            auto request = request_to(scheme + "://canary-user:canary-word@" + host + path, 300ms);
            request.headers = {{"Authorization", Secret("canary-header")}};
            request.body = "canary-body";
            const auto reply = net.send(request);
            EXPECT_NE(reply.error, "") << scheme << host;
            EXPECT_FALSE(contains(reply.error, "canary")) << reply.error;
        }
    }
}

}  // namespace
}  // namespace backupwatch
