#include "notify/email.hpp"

#include "core/digits.hpp"
#include "core/hiding.hpp"
#include "net/loopback.hpp"
#include "notify/mail_content.hpp"
#include "notify/receipt.hpp"
#include "notify/signing.hpp"

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

/// Too large for the server or the mailbox, or in a form that it does not take.
bool is_about_content(const std::string& enhanced) {
    return enhanced == "5.3.4" || enhanced == "5.2.3" || enhanced.starts_with("5.6.");
}

SendResult refused(const MailReply& reply) {
    const std::string& enhanced = reply.enhanced;
    switch (reply.stage) {
        case MailStage::connect:
        case MailStage::tls:
        case MailStage::greeting:
        case MailStage::login:
            return SendResult::broken;
        case MailStage::sender:
        case MailStage::recipient: {
            // A size that is declared is refused here already.
            const bool is_too_large =
                is_about_content(enhanced) || (reply.code == 552 && enhanced.empty());
            return is_too_large ? SendResult::bad_payload : SendResult::broken;
        }
        case MailStage::data:
        case MailStage::committed:
            break;
    }
    // All else may come late too: a sender who is not verified, a session that lost its log-in.
    const bool is_verdict = reply.code == 550 || reply.code == 552 || reply.code == 554;
    const bool is_taken_for_spam =
        is_verdict && (enhanced.empty() || enhanced.starts_with("5.7.")) && enhanced != "5.7.8";
    return is_taken_for_spam || is_about_content(enhanced) ? SendResult::bad_payload
                                                           : SendResult::broken;
}

SendResult result_of(const MailReply& reply) {
    if (reply.accepted()) return SendResult::delivered;
    if (reply.is_impostor || reply.is_misconfigured) return SendResult::broken;
    if (reply.code >= 500) return refused(reply);
    if (reply.code >= 400) return SendResult::retry;
    // No answer, or none to the last of what was said (354 is that to DATA).
    return reply.stage == MailStage::committed ? SendResult::ambiguous : SendResult::retry;
}

/// Who comes back sooner than that is put off again, and may be for longer.
constexpr Duration greylisting_wait = 5min;

/// Put off as somebody whom the server does not know yet.
bool is_greylisted(const MailReply& reply) {
    const bool is_put_off = reply.code == 450 || reply.code == 451;
    const bool is_said = reply.text.find("reylist") != std::string::npos;
    return is_put_off && (reply.enhanced.starts_with("4.7.") || is_said);
}

class Email : public Notifier {
  public:
    Email(const NotifierSettings& notifier, MailClient& client)
        : notifier_(notifier),
          own_(std::dynamic_pointer_cast<const EmailSettings>(notifier.own)),
          client_(client) {
        const std::string server = own_->server.host + ":" + std::to_string(own_->server.port);
        for (const MailAddress& to : own_->to) {
            Lane lane;
            lane.notifier = notifier.name;
            lane.recipient = to.address;
            lane.endpoint = fingerprint({"email", server, to.address});
            lanes_.push_back(std::move(lane));
        }
    }

    const std::vector<Lane>& lanes() const override { return lanes_; }

    // `const Lane&` is not used after the first suspension.
    Task<Receipt> send(const Lane& lane, Message message) override {
        Receipt receipt;
        Mail mail;
        try {
            fill(mail, lane, message);
        } catch (const std::exception& error) {
            receipt.result = SendResult::bad_payload;
            const MailServer& server = own_->server;
            receipt.answer = answer_of(error.what(), secrets_of(server.username, server.password));
            co_return receipt;
        }
        MailReply reply = co_await client_.send(std::move(mail));
        co_return mail_receipt(reply, own_->server);
    }

    Task<std::optional<TryOut>> try_out() override {
        MailServer server = own_->server;
        NetworkSettings network = notifier_.network;
        const MailReply reply =
            co_await client_.log_in(std::move(server), std::move(network), notifier_.timeout);
        TryOut tried;
        tried.receipt = mail_receipt(reply, own_->server);
        tried.hint = log_in_hint(reply);
        co_return tried;
    }

  private:
    void fill(Mail& mail, const Lane& lane, const Message& message) const {
        const auto is_meant = [&](const MailAddress& to) { return to.address == lane.recipient; };
        const auto to = std::find_if(own_->to.begin(), own_->to.end(), is_meant);
        // Somebody who is no longer in the configuration and was told of the problem.
        const MailAddress recipient = to == own_->to.end() ? MailAddress{"", lane.recipient} : *to;
        mail.server = own_->server;
        mail.from = own_->from.address;
        mail.recipient = recipient.address;
        mail.content = mail_content(message, notifier_.links, own_->from, recipient);
        mail.limit = notifier_.timeout;
        mail.network = notifier_.network;
    }

    NotifierSettings notifier_;
    std::shared_ptr<const EmailSettings> own_;
    MailClient& client_;
    std::vector<Lane> lanes_;
};

void settle_tls(
    Section& section, MailServer& server, const MailServerUrl& url, std::optional<MailTls> tls
) {
    const bool is_implicit = url.is_implicit || url.port == 465;
    server.tls = tls.value_or(is_implicit ? MailTls::implicit : MailTls::starttls);
    if (url.is_implicit && server.tls != MailTls::implicit) {
        section.complain("tls", "tls: smtps:// means implicit; write smtp:// for anything else");
    }
    if (server.tls == MailTls::none && !is_loopback(server.host)) {
        section.complain("tls", "tls: none is allowed to this host alone");
    }
}

void check_recipients(Section& section, const std::vector<MailAddress>& to) {
    if (section.has("to") && to.empty()) section.complain("to", "to: name at least one recipient");
    for (auto one = to.begin(); one != to.end(); ++one) {
        const bool is_again = std::any_of(to.begin(), one, [&](const MailAddress& other) {
            return !other.address.empty() && other.address == one->address;
        });
        if (is_again) section.complain("to", "to: " + in_quotes(one->address) + " is there twice");
    }
}

}  // namespace

Parsed<MailServerUrl> parse_value(std::string_view text, As<MailServerUrl>) {
    const Complaint complaint{
        in_quotes(text) + " is no mail server, such as smtp://mail.example.com:587"};
    MailServerUrl url;
    url.is_implicit = text.starts_with("smtps://");
    if (!url.is_implicit && !text.starts_with("smtp://")) return complaint;
    std::string_view rest = text.substr(url.is_implicit ? 8 : 7);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    std::string_view host = rest;
    url.port = url.is_implicit ? 465 : 587;
    const auto bracket = rest.find(']');
    const auto colon = rest.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    if (has_port) {
        host = rest.substr(0, colon);
        std::string_view digits = rest.substr(colon + 1);
        const auto port = take_number(digits);
        if (!port || !digits.empty() || *port < 1 || *port > 65'535) return complaint;
        url.port = static_cast<int>(*port);
    }
    const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
    if (is_bracketed) host = host.substr(1, host.size() - 2);
    const bool is_host = std::all_of(host.begin(), host.end(), [&](char c) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return is_letter || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' ||
               (is_bracketed && c == ':');
    });
    if (host.empty() || !is_host) return complaint;
    url.host = std::string(host);
    return url;
}

Parsed<MailTls> parse_value(std::string_view text, As<MailTls>) {
    return parse_choice<MailTls>(
        text,
        {{"implicit", MailTls::implicit}, {"starttls", MailTls::starttls}, {"none", MailTls::none}}
    );
}

void describe_email(Section& section, NotifierSettings& notifier) {
    const auto email = std::make_shared<EmailSettings>();
    notifier.own = email;
    notifier.timeout = 60s;
    MailServerUrl url;
    std::optional<MailTls> tls;
    const bool has_server =
        section.key("server", url, "smtp://host:port or smtps://host:port").required().is_read();
    section.key("tls", tls, "implicit, starttls or none; default: by the server's port");
    section.key("username", email->server.username, "left out: no log-in");
    section.key("password", email->server.password, "of that user");
    section.key("from", email->from, "the sender").required();
    section.key("to", email->to, "the recipients").required();
    email->server.host = url.host;
    email->server.port = url.port;
    if (has_server) settle_tls(section, email->server, url, tls);
    if (email->server.username.empty() != email->server.password.empty()) {
        section.complain(
            section.has("username") ? "username" : "password",
            "username and password: one without the other makes no log-in"
        );
    }
    check_recipients(section, email->to);
}

std::unique_ptr<Notifier> make_email(const NotifierSettings& notifier, Network& network) {
    return std::make_unique<Email>(notifier, network);
}

std::string log_in_hint(const MailReply& reply) {
    if (reply.accepted()) return {};
    if (reply.is_impostor) {
        return "Correct the host in `server`, or name the issuer of its certificate in `ca_file`.";
    }
    if (reply.code >= 400 && reply.code < 500) return "Try again later: the server is busy.";
    switch (reply.stage) {
        case MailStage::connect:
            return "Correct host and port in `server`, or let this host reach them: 587 with "
                   "STARTTLS, 465 with TLS from the first byte.";
        case MailStage::tls:
            return "Use the port that `tls` is for: 587 for starttls, 465 for implicit.";
        case MailStage::login:
            if (reply.is_misconfigured) {
                return "Leave out `username` and `password`, or correct host and port in `server`: "
                       "no log-in of ours is offered there.";
            }
            return "Correct `username` and `password`; with two factors a provider wants a "
                   "password for this program alone.";
        default:
            return "Ask whoever runs the mail server why it does not take us.";
    }
}

Receipt mail_receipt(const MailReply& reply, const MailServer& server) {
    Receipt receipt;
    receipt.certificate = reply.certificate;
    receipt.result = result_of(reply);
    if (is_greylisted(reply)) receipt.retry_after = greylisting_wait;
    // An error has the server's words in it already.
    std::string words = reply.error;
    if (reply.accepted()) words = std::to_string(reply.code) + " " + reply.text;
    receipt.answer = answer_of(words, secrets_of(server.username, server.password));
    return receipt;
}

}  // namespace backupwatch
