#include "net/proxy.hpp"

#include "fakes/fake_http_server.hpp"
#include "fakes/fake_mail_server.hpp"
#include "unit/net/support.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

/// The environment's proxies, as they are for one test.
class ProxyVariables {
  public:
    ProxyVariables() { clear(); }
    ~ProxyVariables() { clear(); }
    ProxyVariables(const ProxyVariables&) = delete;
    ProxyVariables& operator=(const ProxyVariables&) = delete;

    void set(const char* name, const std::string& value) const { ::setenv(name, value.c_str(), 1); }

  private:
    static void clear() {
        for (const auto* name :
             {"http_proxy",
              "HTTP_PROXY",
              "https_proxy",
              "HTTPS_PROXY",
              "all_proxy",
              "ALL_PROXY",
              "no_proxy",
              "NO_PROXY"}) {
            ::unsetenv(name);
        }
    }
};

TEST(Proxy, is_taken_from_either_spelling_for_plain_http) {
    for (const auto* name : {"HTTP_PROXY", "http_proxy"}) {
        const ProxyVariables variables;
        FakeHttpServer proxy(FakeAnswer{.body = "by proxy"});
        variables.set(name, proxy.url());
        Net net;

        EXPECT_EQ(net.send(request_to("http://hooks.test/x")).body, "by proxy") << name;
        EXPECT_EQ(proxy.received().at(0).target, "http://hooks.test/x");
    }
}

FakeHttpServer::Script tunnel_to_ok() {
    return [](const ReceivedRequest& request) {
        const bool connect = request.method == "CONNECT";
        return FakeAnswer{.status = connect ? 200 : 202};
    };
}

TEST(Proxy, is_asked_to_connect_for_https_and_sees_no_more_than_the_host) {
    const ProxyVariables variables;
    FakeHttpServer proxy(tunnel_to_ok());
    variables.set("HTTPS_PROXY", proxy.url());
    Net net;

    const auto reply = net.send(request_to("https://hooks.test/canary", 2s));

    ASSERT_FALSE(proxy.received().empty());
    EXPECT_EQ(proxy.received()[0].method, "CONNECT");
    EXPECT_EQ(proxy.received()[0].target, "hooks.test:443");
    EXPECT_EQ(reply.reached, Reached::nobody) << "no TLS inside the tunnel";
}

TEST(Proxy, that_refuses_to_connect_reaches_nobody) {
    const ProxyVariables variables;
    FakeHttpServer proxy(FakeAnswer{.status = 403});
    variables.set("HTTPS_PROXY", proxy.url());
    Net net;

    const auto reply = net.send(request_to("https://hooks.test/canary"));

    EXPECT_EQ(reply.reached, Reached::nobody);
    EXPECT_EQ(reply.error, "cannot reach hooks.test: the proxy answered 403");
}

TEST(Proxy, is_not_used_for_what_no_proxy_names) {
    const ProxyVariables variables;
    FakeHttpServer proxy(FakeAnswer{});
    variables.set("HTTP_PROXY", proxy.url());
    variables.set("NO_PROXY", "example.org,.invalid");
    Net net;

    const auto reply = net.send(request_to("http://hooks.invalid/"));

    EXPECT_EQ(reply.reached, Reached::nobody);
    EXPECT_EQ(proxy.connections(), 0);
}

TEST(Proxy, of_the_environment_is_not_used_for_loopback) {
    const ProxyVariables variables;
    FakeHttpServer proxy(FakeAnswer{.body = "by proxy"});
    FakeHttpServer server(FakeAnswer{.body = "itself"});
    variables.set("HTTP_PROXY", proxy.url());
    Net net;

    EXPECT_EQ(net.send(request_to(server.url())).body, "itself");
}

TEST(Proxy, of_the_settings_is_used_for_every_other_host) {
    const ProxyVariables variables;
    FakeHttpServer proxy(FakeAnswer{.body = "by proxy"});
    variables.set("NO_PROXY", "*");
    Net net;
    auto request = request_to("http://hooks.test/x");
    request.network.proxy = proxy.url();

    EXPECT_EQ(net.send(request).body, "by proxy");
}

TEST(Proxy, of_the_settings_is_not_used_for_loopback) {
    const ProxyVariables variables;
    FakeHttpServer proxy(FakeAnswer{.body = "by proxy"});
    FakeHttpServer server(FakeAnswer{.body = "itself"});
    Net net;
    auto request = request_to(server.url());
    request.network.proxy = proxy.url();

    EXPECT_EQ(net.send(request).body, "itself");
    EXPECT_EQ(proxy.connections(), 0);
}

TEST(Proxy, of_the_settings_is_for_mail_too_but_not_to_loopback) {
    const ProxyVariables variables;
    FakeHttpServer proxy(FakeAnswer{.status = 403});
    FakeMailServer server(MailScript{});
    Net net;
    Mail mail;
    mail.server.host = "127.0.0.1";
    mail.server.port = server.port();
    mail.server.tls = MailTls::none;
    mail.server.helo = "localhost";
    mail.from = "backupwatch@example.com";
    mail.recipient = "ops@example.com";
    mail.content = "Subject: x\r\n\r\nx\r\n";
    mail.limit = 10s;
    mail.network.proxy = proxy.url();

    EXPECT_EQ(net.send(mail).error, "");
    EXPECT_EQ(proxy.connections(), 0);
    mail.server.host = "mail.test";
    mail.server.tls = MailTls::starttls;
    EXPECT_NE(net.send(mail).error, "");
    EXPECT_EQ(proxy.connections(), 1);
}

TEST(Proxy, of_the_environment_is_not_for_mail) {
    const ProxyVariables variables;
    FakeHttpServer proxy(FakeAnswer{});
    variables.set("ALL_PROXY", proxy.url());
    Net net;
    Mail mail;
    mail.server.host = "mail.invalid";
    mail.recipient = "ops@example.com";
    mail.limit = 10s;

    EXPECT_EQ(net.send(mail).error, "the name mail.invalid:587 is not resolved");
    EXPECT_EQ(proxy.connections(), 0);
}

TEST(Proxy, knows_loopback_when_it_sees_it) {
    for (const auto* host : {"localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]"}) {
        EXPECT_TRUE(is_loopback(host)) << host;
    }
    for (const auto* host : {"localhost.example.com", "128.0.0.1", "127.0.0.1.nip.io", "::2", ""}) {
        EXPECT_FALSE(is_loopback(host)) << host;
    }
}

}  // namespace
}  // namespace backupwatch
