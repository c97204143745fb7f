#include "fakes/fake_mail_server.hpp"

#include <openssl/evp.h>

#include <utility>

namespace backupwatch {
namespace {

std::string from_base64(const std::string& text) {
    std::string bytes(text.size() / 4 * 3 + 3, '\0');
    const int size = EVP_DecodeBlock(
        reinterpret_cast<unsigned char*>(bytes.data()),
        reinterpret_cast<const unsigned char*>(text.data()),
        static_cast<int>(text.size())
    );
    bytes.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    while (!bytes.empty() && bytes.back() == '\0') bytes.pop_back();
    return bytes;
}

std::string verb_of(const std::string& line) {
    return line.substr(0, line.find(' '));
}

Task<std::string> read_mail_line(Peer& peer) {
    std::string end = "\r\n";
    std::string line = co_await peer.read_until(std::move(end));
    line.resize(line.size() - 2);
    co_return line;
}

}  // namespace

struct FakeMailServer::Session {
    ReceivedMail mail;
};

FakeMailServer::FakeMailServer(MailScript script, std::optional<Identity> identity)
    : script_(std::move(script)), server_([this](Peer& peer) { return serve(peer); }, identity) {}

std::vector<ReceivedMail> FakeMailServer::mails() const {
    const std::lock_guard lock(mutex_);
    return mails_;
}

std::vector<std::string> FakeMailServer::lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
}

void FakeMailServer::note(const std::string& line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(line);
}

Task<> FakeMailServer::say(Peer& peer, std::string verb, std::string otherwise) {
    if (script_.stall_at == verb) co_await peer.stall();
    const auto scripted = script_.instead.find(verb);
    std::string reply = scripted == script_.instead.end() ? otherwise : scripted->second;
    reply += "\r\n";
    co_await peer.write(std::move(reply));
}

std::string FakeMailServer::capabilities(const Peer& peer) const {
    std::string text = "250-fake.example\r\n";
    if (script_.starttls && !peer.has_tls()) text += "250-STARTTLS\r\n";
    if (!script_.mechanisms.empty()) text += "250-AUTH " + script_.mechanisms + "\r\n";
    return text + "250 ENHANCEDSTATUSCODES";
}

Task<> FakeMailServer::serve(Peer& peer) {
    if (script_.implicit_tls) co_await peer.start_tls();
    Session session;
    co_await say(peer, "220", "220 fake.example ESMTP");
    bool goes_on = true;
    while (goes_on) {
        std::string line = co_await read_mail_line(peer);
        note(line);
        goes_on = co_await answer(peer, session, std::move(line));
    }
    peer.close();
}

Task<bool> FakeMailServer::answer(Peer& peer, Session& session, std::string line) {
    const std::string verb = verb_of(line);
    if (verb == "QUIT") {
        co_await say(peer, verb, "221 2.0.0 bye");
        co_return false;
    }
    if (verb == "EHLO" || verb == "HELO") {
        std::string offered = verb == "EHLO" ? capabilities(peer) : "250 fake.example";
        co_await say(peer, "EHLO", std::move(offered));
    } else if (verb == "STARTTLS") {
        co_await say(peer, verb, "220 2.0.0 ready");
        if (script_.instead.count(verb) == 0) co_await peer.start_tls();
    } else if (verb == "AUTH") {
        std::string mechanism = line.substr(5);
        co_await log_in(peer, session, std::move(mechanism));
    } else if (verb == "MAIL") {
        session.mail.from = line.substr(10);
        co_await say(peer, verb, "250 2.1.0 ok");
    } else if (verb == "RCPT") {
        session.mail.recipient = line.substr(8);
        co_await say(peer, verb, "250 2.1.5 ok");
    } else if (verb == "DATA") {
        co_await say(peer, verb, "354 go ahead");
        if (script_.instead.count(verb) == 0) co_await take_content(peer, session);
    } else if (verb == "NOOP") {
        co_await say(peer, verb, "250 2.0.0 ok");
    } else {
        co_await say(peer, verb, "500 5.5.1 what?");
    }
    co_return true;
}

Task<> FakeMailServer::log_in(Peer& peer, Session& session, std::string mechanism) {
    std::string username;
    std::string password;
    if (mechanism == "PLAIN") {
        std::string challenge = "334 \r\n";
        co_await peer.write(std::move(challenge));
        const std::string answer = co_await read_mail_line(peer);
        const std::string decoded = from_base64(answer);
        const auto second = decoded.find('\0', 1);
        if (second != decoded.npos) {
            username = decoded.substr(1, second - 1);
            password = decoded.substr(second + 1);
        }
    } else {
        std::string challenge = "334 VXNlcm5hbWU6\r\n";
        co_await peer.write(std::move(challenge));
        const std::string name = co_await read_mail_line(peer);
        username = from_base64(name);
        challenge = "334 UGFzc3dvcmQ6\r\n";
        co_await peer.write(std::move(challenge));
        const std::string secret = co_await read_mail_line(peer);
        password = from_base64(secret);
    }
    if (username == script_.username && password == script_.password) {
        session.mail.username = username;
        co_await say(peer, "AUTH", "235 2.7.0 welcome");
    } else {
        // As a careless server would: the text holds what was sent.
        co_await say(peer, "AUTH", "535 5.7.8 no " + username + " with " + password);
    }
}

Task<> FakeMailServer::take_content(Peer& peer, Session& session) {
    std::string end = "\r\n.\r\n";
    session.mail.content = co_await peer.read_until(std::move(end));
    session.mail.content.resize(session.mail.content.size() - 3);
    session.mail.with_tls = peer.has_tls();
    session.mail.at = std::chrono::steady_clock::now();
    {
        const std::lock_guard lock(mutex_);
        if (script_.instead.count(".") == 0) mails_.push_back(session.mail);
    }
    co_await say(peer, ".", "250 2.0.0 queued as 1");
}

}  // namespace backupwatch
