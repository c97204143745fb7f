#include "fakes/fake_mail_server.hpp"
#include "unit/net/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

class MailTest : public testing::Test {
  protected:
    Mail mail_to(const FakeMailServer& server, MailTls tls) const {
        Mail mail;
        mail.server.host = "127.0.0.1";
        mail.server.port = server.port();
        mail.server.tls = tls;
        mail.server.helo = "watch.example.com";
        mail.from = "watch@example.com";
        mail.recipient = "ops@example.com";
        mail.content = "Subject: hello\r\n\r\nfirst\r\n";
        mail.limit = 10s;
        mail.network.ca_file = ca_file_.path();
        return mail;
    }

    Mail with_login(Mail mail) const {
        mail.server.username = "watch";
        mail.server.password = Secret("correct horse");
        return mail;
    }

    MailReply log_in(const Mail& mail) {
        MailClient& client = *net_.network;
        return run_on(net_.loop, client.log_in(mail.server, mail.network, mail.limit));
    }

    bool was_said(const FakeMailServer& server, const std::string& begin) const {
        const auto lines = server.lines();
        return std::ranges::any_of(lines, [&](const auto& l) { return l.starts_with(begin); });
    }

    Net net_;
    CertificateAuthority authority_;
    CaFile ca_file_{authority_};
};

TEST_F(MailTest, is_handed_in_over_starttls_with_a_login) {
    FakeMailServer server({.starttls = true}, authority_.issue());

    const auto reply = net_.send(with_login(mail_to(server, MailTls::starttls)));

    EXPECT_EQ(reply.error, "");
    EXPECT_EQ(reply.code, 250);
    EXPECT_EQ(reply.enhanced, "2.0.0");
    EXPECT_EQ(reply.text, "queued as 1");
    EXPECT_EQ(reply.stage, MailStage::committed);
    ASSERT_EQ(server.mails().size(), 1U);
    const auto mail = server.mails()[0];
    EXPECT_TRUE(mail.with_tls);
    EXPECT_EQ(mail.username, "watch");
    EXPECT_TRUE(mail.from.starts_with("<watch@example.com>")) << mail.from;
    EXPECT_EQ(mail.recipient, "<ops@example.com>");
    EXPECT_EQ(mail.content, "Subject: hello\r\n\r\nfirst\r\n");
    EXPECT_EQ(server.lines().at(0), "EHLO watch.example.com");
}

TEST_F(MailTest, is_handed_in_over_implicit_tls_with_either_mechanism) {
    for (const std::string mechanism : {"PLAIN", "LOGIN", "GSSAPI NTLM CRAM-MD5 LOGIN"}) {
        FakeMailServer server({.implicit_tls = true, .mechanisms = mechanism}, authority_.issue());

        const auto reply = net_.send(with_login(mail_to(server, MailTls::implicit)));

        EXPECT_EQ(reply.error, "") << mechanism;
        EXPECT_EQ(server.mails().at(0).username, "watch");
    }
}

TEST_F(MailTest, doubles_dots_and_ends_the_last_line) {
    FakeMailServer server(MailScript{});
    auto mail = mail_to(server, MailTls::none);
    mail.content = ".first\r\n..second\r\n.\r\nthird.\r\n\r\n.";

    EXPECT_EQ(net_.send(mail).error, "");

    ASSERT_EQ(server.mails().size(), 1U);
    EXPECT_EQ(server.mails()[0].content, "..first\r\n...second\r\n..\r\nthird.\r\n\r\n..\r\n");
}

TEST_F(MailTest, hands_in_a_large_mail_with_many_dots) {
    FakeMailServer server(MailScript{});
    auto mail = mail_to(server, MailTls::none);
    mail.content.clear();
    std::string doubled;
    for (int i = 0; i < 50'000; ++i) {
        const std::string line = "." + std::to_string(i) + "\r\n";
        mail.content += line;
        doubled += "." + line;
    }

    EXPECT_EQ(net_.send(mail).error, "");

    EXPECT_TRUE(server.mails().at(0).content == doubled);
}

TEST_F(MailTest, tells_when_the_servers_certificate_expires) {
    const auto identity = authority_.issue({.from = -85 * 24h, .until = 5 * 24h});
    FakeMailServer implicit({.implicit_tls = true}, identity);
    FakeMailServer starttls({.starttls = true}, identity);
    FakeMailServer plain({});
    const auto by_starttls = with_login(mail_to(starttls, MailTls::starttls));

    for (const auto& reply :
         {net_.send(mail_to(implicit, MailTls::implicit)),
          net_.send(by_starttls),
          log_in(by_starttls)}) {
        EXPECT_EQ(reply.error, "");
        ASSERT_TRUE(reply.certificate);
        const auto left = reply.certificate->valid_until - std::chrono::system_clock::now();
        EXPECT_LT(std::chrono::abs(left - 5 * 24h), 1min);
    }
    EXPECT_FALSE(net_.send(mail_to(plain, MailTls::none)).certificate);
}

TEST_F(MailTest, sends_nothing_where_starttls_is_not_offered) {
    FakeMailServer server(MailScript{}, authority_.issue());

    const auto reply = net_.send(with_login(mail_to(server, MailTls::starttls)));

    EXPECT_TRUE(contains(reply.error, "does not offer STARTTLS")) << reply.error;
    EXPECT_TRUE(reply.is_misconfigured);
    EXPECT_EQ(reply.stage, MailStage::tls);
    EXPECT_FALSE(was_said(server, "AUTH"));
    EXPECT_FALSE(was_said(server, "MAIL"));
}

TEST_F(MailTest, sends_nothing_where_starttls_is_refused) {
    FakeMailServer server(
        {.starttls = true, .instead = {{"STARTTLS", "454 4.7.0 not now"}}}, authority_.issue()
    );

    const auto reply = net_.send(with_login(mail_to(server, MailTls::starttls)));

    EXPECT_NE(reply.error, "");
    EXPECT_EQ(reply.stage, MailStage::tls);
    EXPECT_EQ(reply.code, 454);
    EXPECT_FALSE(reply.is_misconfigured) << "it may offer it tomorrow";
    EXPECT_FALSE(was_said(server, "AUTH"));
    EXPECT_FALSE(was_said(server, "MAIL"));
}

TEST_F(MailTest, takes_no_answers_that_were_slipped_in_before_tls) {
    FakeMailServer server(
        {.starttls = true, .instead = {{"STARTTLS", "220 ready\r\n250-slipped\r\n250 AUTH PLAIN"}}},
        authority_.issue()
    );

    const auto reply = net_.send(with_login(mail_to(server, MailTls::starttls)));

    EXPECT_NE(reply.error, "");
    EXPECT_FALSE(was_said(server, "AUTH"));
}

TEST_F(MailTest, tells_an_impostor_nothing) {
    const CertificateAuthority unknown;
    FakeMailServer one({.implicit_tls = true}, unknown.issue());
    FakeMailServer other({.starttls = true}, authority_.issue({.host = "127.0.0.2"}));

    const auto implicit = net_.send(with_login(mail_to(one, MailTls::implicit)));
    const auto starttls = net_.send(with_login(mail_to(other, MailTls::starttls)));

    for (const auto& reply : {implicit, starttls}) {
        EXPECT_TRUE(reply.is_impostor);
        EXPECT_EQ(reply.stage, MailStage::tls);
        EXPECT_TRUE(contains(reply.error, "is not accepted")) << reply.error;
    }
    EXPECT_TRUE(one.lines().empty());
    EXPECT_FALSE(was_said(other, "AUTH"));
}

TEST_F(MailTest, goes_without_tls_to_loopback_only) {
    FakeMailServer server(MailScript{});
    auto far = mail_to(server, MailTls::none);
    far.server.host = "192.0.2.1";

    EXPECT_EQ(net_.send(with_login(mail_to(server, MailTls::none))).error, "");
    const Stopwatch stopwatch;
    const auto reply = net_.send(far);
    EXPECT_TRUE(contains(reply.error, "loopback only"));
    EXPECT_TRUE(reply.is_misconfigured);
    EXPECT_LT(stopwatch.elapsed(), 1s);
}

TEST_F(MailTest, does_not_go_without_the_login_that_was_asked_for) {
    FakeMailServer none({.mechanisms = ""});
    FakeMailServer others({.mechanisms = "GSSAPI CRAM-MD5"});

    const auto reply = net_.send(with_login(mail_to(none, MailTls::none)));
    const auto other = net_.send(with_login(mail_to(others, MailTls::none)));

    EXPECT_TRUE(contains(reply.error, "does not offer a login")) << reply.error;
    EXPECT_EQ(reply.stage, MailStage::login);
    EXPECT_TRUE(contains(other.error, "neither AUTH PLAIN nor AUTH LOGIN")) << other.error;
    EXPECT_EQ(other.stage, MailStage::login);
    EXPECT_TRUE(reply.is_misconfigured);
    EXPECT_TRUE(other.is_misconfigured);
    EXPECT_FALSE(was_said(none, "MAIL"));
    EXPECT_FALSE(was_said(others, "MAIL"));
}

TEST_F(MailTest, knows_a_ca_file_that_cannot_be_read_for_our_own_fault) {
    FakeMailServer server({.starttls = true}, authority_.issue());
    auto mail = mail_to(server, MailTls::starttls);
    mail.network.ca_file = "/no/such/ca.pem";

    const auto reply = net_.send(mail);

    EXPECT_TRUE(contains(reply.error, "cannot read the certificates")) << reply.error;
    EXPECT_TRUE(reply.is_misconfigured);
}

TEST_F(MailTest, says_at_which_stage_it_was_refused_and_how) {
    struct Case {
        std::string verb;
        std::string said;
        MailStage stage;
        int code;
        std::string enhanced;
    };
    const std::vector<Case> cases{
        {"220", "554 5.3.2 closed", MailStage::greeting, 554, "5.3.2"},
        {"220", "421 too busy", MailStage::greeting, 421, ""},
        {"EHLO", "550 no", MailStage::greeting, 550, ""},
        {"AUTH", "454 4.7.0 later", MailStage::login, 454, "4.7.0"},
        {"MAIL", "451 4.3.0 later", MailStage::sender, 451, "4.3.0"},
        {"MAIL", "530 5.7.0 who are you", MailStage::sender, 530, "5.7.0"},
        {"RCPT", "550-5.1.1 no\r\n550 5.1.1 such user", MailStage::recipient, 550, "5.1.1"},
        {"RCPT", "421 4.4.2 bye", MailStage::recipient, 421, "4.4.2"},
        {"DATA", "452 4.3.1 disk full", MailStage::data, 452, "4.3.1"},
        {".", "552 5.3.4 too big", MailStage::committed, 552, "5.3.4"},
        {".", "451 4.7.1 greylisted", MailStage::committed, 451, "4.7.1"},
    };
    for (const auto& [verb, said, stage, code, enhanced] : cases) {
        FakeMailServer server({.instead = {{verb, said}}});

        const auto reply = net_.send(with_login(mail_to(server, MailTls::none)));

        EXPECT_FALSE(reply.accepted()) << said;
        EXPECT_EQ(reply.stage, stage) << said << reply.error;
        EXPECT_EQ(reply.code, code) << said;
        EXPECT_EQ(reply.enhanced, enhanced) << said;
        EXPECT_TRUE(contains(reply.error, std::to_string(code))) << reply.error;
        EXPECT_TRUE(server.mails().empty());
    }
}

TEST_F(MailTest, says_at_which_stage_no_answer_came) {
    const std::vector<std::pair<std::string, MailStage>> cases{
        {"220", MailStage::greeting},
        {"EHLO", MailStage::greeting},
        {"AUTH", MailStage::login},
        {"MAIL", MailStage::sender},
        {"RCPT", MailStage::recipient},
        {"DATA", MailStage::data},
        {".", MailStage::committed},
    };
    for (const auto& [verb, stage] : cases) {
        FakeMailServer server({.stall_at = verb});
        auto mail = with_login(mail_to(server, MailTls::none));
        mail.limit = 300ms;
        const Stopwatch stopwatch;

        const auto reply = net_.send(mail);

        EXPECT_FALSE(reply.accepted()) << verb;
        EXPECT_EQ(reply.stage, stage) << verb << reply.error;
        EXPECT_TRUE(contains(reply.error, "no answer")) << reply.error;
        EXPECT_LT(stopwatch.elapsed(), 2s) << verb;
    }
}

TEST_F(MailTest, ends_at_the_deadline_where_no_tls_comes) {
    FakeMailServer server({.stall_at = "220"});
    auto mail = mail_to(server, MailTls::implicit);
    mail.limit = 300ms;

    const auto reply = net_.send(mail);

    EXPECT_EQ(reply.stage, MailStage::tls);
    EXPECT_TRUE(contains(reply.error, "no answer")) << reply.error;
}

TEST_F(MailTest, does_not_wait_for_a_server_to_say_goodbye) {
    FakeMailServer server({.stall_at = "QUIT"});
    const Stopwatch stopwatch;

    const auto reply = net_.send(mail_to(server, MailTls::none));

    EXPECT_EQ(reply.error, "");
    EXPECT_EQ(reply.code, 250);
    EXPECT_LT(stopwatch.elapsed(), 1s);
}

TEST_F(MailTest, tries_a_login_without_a_mail) {
    FakeMailServer server({.starttls = true}, authority_.issue());
    auto mail = with_login(mail_to(server, MailTls::starttls));
    auto wrong = mail;
    wrong.server.password = Secret("canary-password");
    FakeMailServer none({.mechanisms = ""});

    const auto right = log_in(mail);
    const auto refused = log_in(wrong);
    const auto not_offered = log_in(with_login(mail_to(none, MailTls::none)));

    EXPECT_EQ(right.error, "");
    EXPECT_EQ(right.stage, MailStage::login);
    EXPECT_EQ(refused.code, 535);
    EXPECT_EQ(refused.enhanced, "5.7.8");
    EXPECT_EQ(refused.stage, MailStage::login);
    EXPECT_TRUE(contains(refused.error, "refused the login: 535 5.7.8")) << refused.error;
    EXPECT_FALSE(contains(refused.error + refused.text, "canary"));
    EXPECT_FALSE(refused.is_misconfigured) << "the server has said no";
    EXPECT_FALSE(not_offered.accepted());
    EXPECT_FALSE(was_said(server, "MAIL"));
}

TEST_F(MailTest, says_why_nobody_was_reached) {
    FakeMailServer server(MailScript{});
    auto refused = mail_to(server, MailTls::starttls);
    refused.server.port = unused_port();
    auto unresolved = mail_to(server, MailTls::starttls);
    unresolved.server.host = "no-such-host.invalid";

    const auto one = net_.send(refused);
    const auto other = net_.send(unresolved);

    EXPECT_TRUE(contains(one.error, "connection refused")) << one.error;
    EXPECT_TRUE(contains(other.error, "is not resolved")) << other.error;
    for (const auto& reply : {one, other}) {
        EXPECT_EQ(reply.stage, MailStage::connect);
        EXPECT_EQ(reply.code, 0);
    }
}

TEST_F(MailTest, refuses_what_would_say_more_than_it_should) {
    FakeMailServer server(MailScript{});
    const auto good = mail_to(server, MailTls::none);
    std::vector<Mail> bad(7, good);
    bad[0].recipient = "ops@example.com>\r\nRCPT TO:<all@example.com";
    bad[1].from = "watch@example.com\nDATA";
    bad[2].recipient = "";
    bad[3].recipient = "\xc3\xb6ps@example.com";
    bad[4].content = "Subject: x\r\n\r\nx\n.\nMAIL FROM:<y>\r\n";
    bad[5].content = "x\r.\r\r\n";
    bad[6].server.helo = "watch\r\nMAIL FROM:<x>";

    for (const auto& mail : bad) EXPECT_NE(net_.send(mail).error, "");

    EXPECT_TRUE(server.lines().empty());
}

}  // namespace
}  // namespace backupwatch
