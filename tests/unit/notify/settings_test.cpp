#include "notify/settings.hpp"

#include "messages.hpp"
#include "notify/email.hpp"
#include "notify/pagerduty.hpp"

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

/// As DESIGN 2.1 has them.
const std::string example =
    "  - {name: email, type: email, server: \"smtp://mail.example.com:587\", tls: starttls,\n"
    "     username: backupwatch, password: hunter22, from: backupwatch@example.com,\n"
    "     to: [devops@example.com, Ops <ops@example.com>]}\n"
    "  - {name: slack, type: slack, webhook_url: \"https://hooks.slack.com/services/T/B/x\"}\n"
    "  - {name: pager, type: pagerduty, routing_key: 0123456789abcdef0123456789abcdef, fallback: "
    "email}\n"
    "  - {type: webhook, url: \"https://ops.example.com/hook\", timeout: 5s,\n"
    "     secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}\n";

TEST(NotifierSettings, are_read_as_the_contract_has_them) {
    const ReadNotifiers read = read_notifiers(example);

    EXPECT_EQ(read.errors, std::vector<std::string>{});
    ASSERT_EQ(read.notifiers.size(), 4u);
    EXPECT_EQ(read.notifiers[0].name, "email");
    EXPECT_EQ(read.notifiers[0].timeout, 60s);
    EXPECT_EQ(read.notifiers[1].timeout, 15s);
    EXPECT_EQ(read.notifiers[2].name, "pager");
    EXPECT_EQ(read.notifiers[2].fallback, "email");
    EXPECT_EQ(read.notifiers[3].name, "webhook") << "a name left out is the type";
    EXPECT_EQ(read.notifiers[3].timeout, 5s);
    const auto& email = dynamic_cast<const EmailSettings&>(*read.notifiers[0].own);
    EXPECT_EQ(email.server.host, "mail.example.com");
    EXPECT_EQ(email.server.port, 587);
    EXPECT_EQ(email.server.tls, MailTls::starttls);
    EXPECT_EQ(email.to[1], (MailAddress{"Ops", "ops@example.com"}));
    const auto& pager = dynamic_cast<const PagerDutySettings&>(*read.notifiers[2].own);
    EXPECT_EQ(pager.url, "https://events.pagerduty.com/v2/enqueue");
}

TEST(NotifierSettings, make_a_notifier_each_with_lanes_that_show_no_secret) {
    FakeNetwork network;
    std::vector<std::string> lanes;
    for (const NotifierSettings& settings : read_notifiers(example).notifiers) {
        const auto notifier = make_notifier(settings, network);
        for (const Lane& lane : notifier->lanes()) {
            lanes.push_back(name_of(lane));
            EXPECT_EQ(lane.endpoint.size(), 16u);
            EXPECT_EQ(lane.endpoint.find_first_not_of("0123456789abcdef"), std::string::npos);
            EXPECT_EQ(lane.pages, settings.type == "pagerduty");
            EXPECT_EQ(lane.route.empty(), settings.type != "pagerduty");
        }
    }
    EXPECT_EQ(
        lanes,
        (std::vector<std::string>{
            "email/devops@example.com", "email/ops@example.com", "slack", "pager", "webhook"})
    );
}

TEST(NotifierSettings, give_an_endpoint_that_a_new_name_does_not_change) {
    FakeNetwork network;
    const auto endpoint = [&](const std::string& keys) {
        return make_notifier(read_notifier(keys), network)->lanes().at(0).endpoint;
    };
    const std::string url = "webhook_url: \"https://hooks.slack.com/services/T/B/";

    EXPECT_EQ(
        endpoint("name: a, type: slack, " + url + "x\""),
        endpoint("name: b, type: slack, timeout: 3s, " + url + "x\"")
    );
    EXPECT_NE(endpoint("type: slack, " + url + "x\""), endpoint("type: slack, " + url + "y\""));
}

struct BadRow {
    std::string keys;
    std::string message;  ///< a part of the one error
};

TEST(NotifierSettings, that_mean_nothing_are_refused_with_a_reason) {
    const std::string mail = "type: email, from: a@example.com, to: [b@example.com], server: ";
    const std::vector<BadRow> rows{
        {"type: slak",
         "none that this version of backupwatch has: email, slack, pagerduty, webhook; did you "
         "mean \"slack\"?"},
        {"name: x", "type is missing"},
        {"type: slack", "webhook_url is missing"},
        {"type: slack, webhook_url: \"http://hooks.slack.com/x\"",
         "http:// is allowed to this host alone"},
        {"type: slack, webhook_url: \"ftp://hooks.slack.com/x\"", "must be an https:// URL"},
        {"type: slack, webhook_url: \"https://me:pw@hooks.slack.com/x\"", "without a user"},
        {"type: slack, webhook_url: \"https://hooks.slack.com/a b\"", "must be an https:// URL"},
        {"type: pagerduty, routing_key: abc", "must be 32 letters and digits"},
        {"type: webhook, url: \"https://a/b\", secret: short", "24 bytes at least"},
        {"type: webhook, url: \"https://a/b\", secret: whsec_c2hvcnQ", "24 bytes at least"},
        {"type: webhook, url: \"https://a/b\", secret: "
         "\"whsec_!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!\"",
         "24 bytes at least"},
        {"type: webhook, url: \"https://a/b\"", "secret is missing"},
        {mail + "mail.example.com", "is no mail server, such as smtp://mail.example.com:587"},
        {mail + "\"smtp://mail.example.com:0\"", "is no mail server"},
        {mail + "\"smtp://mail.example.com:99999\"", "is no mail server"},
        {mail + "\"smtp://me:pw@mail.example.com\"", "is no mail server"},
        {mail + "\"smtp://mail.example.com\", tls: none", "none is allowed to this host alone"},
        {mail + "\"smtps://mail.example.com\", tls: starttls", "smtps:// means implicit"},
        {mail + "\"smtp://mail.example.com\", tls: ssl", "is none of implicit, starttls, none"},
        {mail + "\"smtp://mail.example.com\", username: me", "one without the other"},
        {"type: email, from: a@example.com, to: [], server: \"smtp://m\"",
         "at least one recipient"},
        {"type: email, from: nobody, to: [b@example.com], server: \"smtp://m\"",
         "is not a mail address"},
        {"type: email, from: a@example.com, to: [b@example.com, b@example.com], server: "
         "\"smtp://m\"",
         "is there twice"},
        {"type: slack, webhook_url: \"https://a/b\", runbook_url: wiki", "is no link"},
        {"type: slack, webhook_url: \"https://a/b\", timeout: 1ms", "less than 1s"},
        {"type: slack, webhook_url: \"https://a/b\", proxy: \"me:pw@proxy\"",
         "must be the URL of a proxy"},
        {"type: slack, webhook_url: \"https://a/b\", name: \"a b\"", "is not a name"},
        {"type: slack, webhook_url: \"https://a/b\", routing_key: x", "unknown key"},
    };
    for (const BadRow& row : rows) {
        const auto errors = read_notifiers("  - {" + row.keys + "}\n").errors;
        ASSERT_EQ(errors.size(), 1u) << row.keys << "\n" << (errors.empty() ? "" : errors.back());
        EXPECT_NE(errors[0].find(row.message), std::string::npos) << row.keys << "\n" << errors[0];
        for (const char* secret : {"hooks.slack.com/x", "pw@", "short", "abc"}) {
            if (row.message.starts_with("is no mail")) continue;
            EXPECT_EQ(errors[0].find(secret), std::string::npos) << errors[0];
        }
    }
}

TEST(NotifierSettings, take_tls_from_the_server_unless_it_is_said) {
    const auto tls_of = [](const std::string& keys) {
        const auto settings =
            read_notifier("type: email, from: a@example.com, to: [b@example.com], server: " + keys);
        return dynamic_cast<const EmailSettings&>(*settings.own).server.tls;
    };
    EXPECT_EQ(tls_of("\"smtp://mail.example.com\""), MailTls::starttls);
    EXPECT_EQ(tls_of("\"smtps://mail.example.com\""), MailTls::implicit);
    EXPECT_EQ(tls_of("\"smtp://mail.example.com:465\""), MailTls::implicit);
    EXPECT_EQ(tls_of("\"smtp://mail.example.com:465\", tls: starttls"), MailTls::starttls);
    EXPECT_EQ(tls_of("\"smtp://127.0.0.1:25\", tls: none"), MailTls::none);
    EXPECT_EQ(tls_of("\"smtp://[::1]:25\", tls: none"), MailTls::none);
}

TEST(NotifierSettings, tell_this_host_from_what_only_looks_like_it) {
    for (const char* url :
         {"http://localhost/x",
          "http://127.0.0.1:8080/x",
          "http://[::1]:1/",
          "https://a.example/x"}) {
        EXPECT_TRUE(is_endpoint(url)) << url;
    }
    for (const char* url :
         {"http://127.0.0.1.evil.example/",
          "http://localhost@evil.example/",
          "http://localhost.evil.example/",
          "http://evil.example/127.0.0.1",
          "https://",
          "http:///x",
          "https://a\r\nb/",
          "http://localhost\\@evil.example/",
          "HTTP://localhost/",
          ""}) {
        EXPECT_FALSE(is_endpoint(url)) << url;
    }
}

TEST(NotifierSettings, know_a_proxy_when_they_see_it) {
    for (const char* url :
         {"http://proxy.example.com:3128",
          "http://proxy.example.com:3128/",
          "https://proxy.example.com",
          "socks5h://10.0.0.1:1080",
          "http://[2001:db8::1]:3128",
          "http://me:pw@proxy.example.com:3128"}) {
        EXPECT_TRUE(is_proxy(url)) << url;
    }
    for (const char* url :
         {"",
          "proxy",
          "http",
          "proxy.example.com:3128",
          "ftp://proxy.example.com",
          "http://",
          "http://:3128",
          "http://proxy.example.com:",
          "http://proxy.example.com:0",
          "http://proxy.example.com:99999",
          "http://proxy.example.com:3128/path",
          "http://proxy.example .com",
          "http://[::1",
          "http://[::1]3128",
          "http://me:pw@"}) {
        EXPECT_FALSE(is_proxy(url)) << url;
    }
}

TEST(NotifierSettings, have_a_text_for_every_key) {
    std::vector<std::string> paths;
    for (const KeyText& key : registered_keys<NotifierList>()) {
        paths.push_back(key.path);
        EXPECT_FALSE(key.text.empty()) << key.path;
    }
    for (const char* path :
         {"notifiers[].type",
          "notifiers[].name",
          "notifiers[].fallback",
          "notifiers[].timeout",
          "notifiers[].ca_file",
          "notifiers[].proxy",
          "notifiers[].runbook_url",
          "notifiers[].dashboard_url",
          "notifiers[].server",
          "notifiers[].tls",
          "notifiers[].username",
          "notifiers[].password",
          "notifiers[].from",
          "notifiers[].to",
          "notifiers[].webhook_url",
          "notifiers[].routing_key",
          "notifiers[].url",
          "notifiers[].secret"}) {
        EXPECT_NE(std::find(paths.begin(), paths.end(), path), paths.end()) << path;
    }
}

TEST(MailAddress, is_an_address_with_or_without_a_name) {
    const auto read = [](const std::string& text) {
        const auto parsed_text = parse_value(text, As<MailAddress>{});
        const auto* address = std::get_if<MailAddress>(&parsed_text);
        return address ? *address : MailAddress{"refused", ""};
    };
    EXPECT_EQ(read("a@example.com"), (MailAddress{"", "a@example.com"}));
    EXPECT_EQ(read("A B <a+b@example.com>"), (MailAddress{"A B", "a+b@example.com"}));
    EXPECT_EQ(read("\"A, B\" <a@example.com>"), (MailAddress{"A, B", "a@example.com"}));
    for (const char* text :
         {"",
          "a",
          "@example.com",
          "a@",
          "a@b@c",
          "a b@example.com",
          "a@exa mple.com",
          "a@example.com\r\nBcc: b@example.com",
          "<a@example.com",
          "A a@example.com>",
          "\u00E9@example.com",
          ".a@example.com",
          "a@example..com"}) {
        EXPECT_EQ(read(text).name, "refused") << text;
    }
}

}  // namespace
}  // namespace backupwatch
