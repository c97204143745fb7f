#pragma once
#include "config/section.hpp"
#include "net/network.hpp"
#include "notify/mail_address.hpp"
#include "notify/notifier.hpp"
#include "notify/settings.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// `type: email`: handed in by SMTP, each mailbox by itself.
struct EmailSettings : OwnNotifierSettings {
    MailServer server;
    MailAddress from;
    std::vector<MailAddress> to;
};

/// `smtp://mail.example.com:587`, as a key has it.
struct MailServerUrl {
    bool is_implicit = false;  ///< smtps://
    std::string host;
    int port = 0;
};
Parsed<MailServerUrl> parse_value(std::string_view text, As<MailServerUrl>);
Parsed<MailTls> parse_value(std::string_view text, As<MailTls>);

void describe_email(Section& section, NotifierSettings& notifier);
std::unique_ptr<Notifier> make_email(const NotifierSettings& notifier, Network& network);

/// Judged by how far the dialogue came, and by the enhanced code where there is one.
Receipt mail_receipt(const MailReply& reply, const MailServer& server);
/// What would mend a log-in that was refused; empty: it was not.
std::string log_in_hint(const MailReply& reply);

}  // namespace backupwatch
