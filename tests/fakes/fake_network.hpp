#pragma once
#include "net/network.hpp"

#include <utility>
#include <vector>

namespace backupwatch {

/// Keeps what is sent and answers what it is told to.
class FakeNetwork : public Network {
  public:
    HttpReply http_reply;
    MailReply mail_reply;
    std::vector<HttpRequest> requests;
    std::vector<Mail> mails;

    Task<HttpReply> send(HttpRequest request) override {
        requests.push_back(std::move(request));
        co_return http_reply;
    }
    Task<MailReply> send(Mail mail) override {
        mails.push_back(std::move(mail));
        co_return mail_reply;
    }
    Task<MailReply> log_in(MailServer, NetworkSettings, Duration) override { co_return mail_reply; }
};

}  // namespace backupwatch
