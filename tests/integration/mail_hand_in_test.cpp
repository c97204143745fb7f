#include "fakes/test_mail_server.hpp"
#include "net/network.hpp"
#include "support/loop.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

/// Against a Postfix: what our own idea of a mail server would not notice.
class MailHandIn : public testing::Test {
  protected:
    void SetUp() override {
        const std::string reason = TestMailServer::reason_to_skip();
        if (!reason.empty()) GTEST_SKIP() << reason;
        server_ = std::make_unique<TestMailServer>();
    }

    Mail mail(MailTls tls) const {
        Mail mail;
        mail.server.host = "127.0.0.1";
        const bool implicit = tls == MailTls::implicit;
        mail.server.port = implicit ? server_->implicit_tls_port() : server_->starttls_port();
        mail.server.tls = tls;
        mail.server.username = TestMailServer::username;
        mail.server.password = Secret(TestMailServer::password);
        mail.from = "backupwatch@example.com";
        mail.recipient = TestMailServer::mailbox;
        mail.content = "Subject: a drill\r\n\r\nfirst\r\n.second\r\n.\r\nlast\r\n";
        mail.network.ca_file = server_->ca_file();
        return mail;
    }

    MailReply send(Mail mail) {
        MailClient& client = *network_;
        return run_on(loop_, client.send(std::move(mail)));
    }

    asio::io_context loop_{1};
    std::unique_ptr<Network> network_ = make_network(loop_.get_executor());
    std::unique_ptr<TestMailServer> server_;
};

TEST_F(MailHandIn, delivers_over_starttls_and_implicit_tls) {
    for (const auto tls : {MailTls::starttls, MailTls::implicit}) {
        const auto reply = send(mail(tls));

        EXPECT_EQ(reply.error, "") << server_->log();
        EXPECT_EQ(reply.code, 250);
        EXPECT_EQ(reply.enhanced, "2.0.0");
        EXPECT_TRUE(reply.text.find("queued as") != std::string::npos) << reply.text;
    }

    const auto mails = server_->mails(2, 20s);
    ASSERT_EQ(mails.size(), 2U) << server_->log();
    for (const auto& arrived : mails) {
        EXPECT_TRUE(arrived.find("\nSubject: a drill\n") != arrived.npos) << arrived;
        EXPECT_TRUE(arrived.find("\n\nfirst\n.second\n.\nlast\n") != arrived.npos) << arrived;
    }
}

TEST_F(MailHandIn, says_how_it_was_refused) {
    auto wrong_password = mail(MailTls::starttls);
    wrong_password.server.password = Secret("canary");
    auto unknown = mail(MailTls::starttls);
    unknown.recipient = "nobody-here@example.com";
    auto too_big = mail(MailTls::starttls);
    for (int i = 0; i < 20'000; ++i) too_big.content += std::string(70, 'x') + "\r\n";
    auto untrusted = mail(MailTls::implicit);
    untrusted.network.ca_file.clear();

    const auto login = send(wrong_password);
    const auto recipient = send(unknown);
    const auto size = send(too_big);
    const auto impostor = send(untrusted);

    EXPECT_EQ(login.stage, MailStage::login);
    EXPECT_EQ(login.code, 535);
    EXPECT_EQ(login.enhanced, "5.7.8");
    EXPECT_EQ(login.error.find("canary"), std::string::npos);
    EXPECT_EQ(recipient.stage, MailStage::recipient);
    EXPECT_EQ(recipient.code, 550);
    EXPECT_EQ(recipient.enhanced, "5.1.1");
    EXPECT_EQ(size.stage, MailStage::committed);
    EXPECT_EQ(size.code, 552);
    EXPECT_EQ(size.enhanced, "5.3.4");
    EXPECT_TRUE(impostor.is_impostor);
    EXPECT_TRUE(server_->mails(1, 0s).empty());
}

TEST_F(MailHandIn, tries_a_login) {
    MailClient& client = *network_;
    const auto there = mail(MailTls::starttls);

    const auto reply = run_on(loop_, client.log_in(there.server, there.network, 20s));

    EXPECT_EQ(reply.error, "") << server_->log();
    EXPECT_EQ(reply.stage, MailStage::login);
}

}  // namespace
}  // namespace backupwatch
