#pragma once
#include "net/http_client.hpp"

#include <string>

namespace backupwatch {

enum class MailTls {
    implicit,  ///< from the first byte (port 465)
    starttls,  ///< required: without it nothing is sent
    none       ///< to loopback only
};

/// Where mail is handed in, and as whom.
struct MailServer {
    std::string host;
    int port = 587;
    MailTls tls = MailTls::starttls;
    std::string username;  ///< empty: no AUTH
    Secret password;
    std::string helo;  ///< the name that we greet with; empty: this host's
};

/// One message to one mailbox.
struct Mail {
    MailServer server;
    std::string from;       ///< envelope sender: an address alone
    std::string recipient;  ///< an address alone
    std::string content;    ///< headers and body, lines ending with CRLF; dots are doubled here
    Duration limit = std::chrono::seconds(60);
    NetworkSettings network;
};

/// How far the dialogue came.
enum class MailStage { connect, tls, greeting, login, sender, recipient, data, committed };

/// What came of it. No text in it holds the password.
struct MailReply {
    int code = 0;          ///< the server's last reply, 250 after the final dot; 0: there was none
    std::string enhanced;  ///< `5.7.8`, or empty
    std::string text;      ///< the server's last line, bounded
    std::string error;     ///< empty: accepted
    MailStage stage =
        MailStage::connect;    ///< where it ended; committed: after the final dot was sent
    bool is_impostor = false;  ///< the certificate is not trusted, expired, or another host's
    /// What we were told to do cannot be done with this server, or not at all: it lasts until a
    /// person mends the set-up.
    bool is_misconfigured = false;
    /// As in HttpReply.
    std::optional<Certificate> certificate{};
    bool accepted() const { return error.empty(); }
};

/// Hands in mail by SMTP, a connection for each. Same rules as HttpClient.
class MailClient {
  public:
    virtual ~MailClient() = default;
    virtual Task<MailReply> send(Mail mail) = 0;
    /// Connects, TLS, AUTH and nothing more: what `check-config --online` tries.
    virtual Task<MailReply> log_in(MailServer server, NetworkSettings network, Duration limit) = 0;
};

}  // namespace backupwatch
