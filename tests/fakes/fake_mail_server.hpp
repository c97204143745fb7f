#pragma once
#include "core/time/time.hpp"
#include "fakes/fake_server.hpp"

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

struct ReceivedMail {
    std::string from;       ///< the whole of MAIL FROM's argument
    std::string recipient;  ///< the whole of RCPT TO's
    std::string content;    ///< as it came, dots still doubled, without the final one
    std::string username;   ///< empty: not logged in
    bool with_tls = false;
    std::chrono::steady_clock::time_point at;
};

/// How it answers.
struct MailScript {
    bool implicit_tls = false;
    bool starttls = false;                   ///< offered
    std::string mechanisms = "PLAIN LOGIN";  ///< offered; empty: no AUTH
    std::string username = "watch";
    std::string password = "correct horse";
    /// By verb, `.` for the final dot and `220` for the greeting: what is said instead of yes.
    std::map<std::string, std::string> instead{};
    std::string stall_at{};  ///< a verb, as above, that is never answered
};

/// A submission server on 127.0.0.1 that keeps what is handed in.
class FakeMailServer {
  public:
    explicit FakeMailServer(MailScript script, std::optional<Identity> identity = {});

    int port() const { return server_.port(); }
    std::vector<ReceivedMail> mails() const;
    /// Every line that was said to it, but for what answers an AUTH.
    std::vector<std::string> lines() const;

  private:
    struct Session;

    Task<> serve(Peer& peer);
    Task<bool> answer(Peer& peer, Session& session, std::string line);
    Task<> log_in(Peer& peer, Session& session, std::string argument);
    Task<> take_content(Peer& peer, Session& session);
    Task<> say(Peer& peer, std::string verb, std::string otherwise);
    std::string capabilities(const Peer& peer) const;
    void note(const std::string& line);

    MailScript script_;
    mutable std::mutex mutex_;
    std::vector<ReceivedMail> mails_;
    std::vector<std::string> lines_;
    FakeServer server_;  ///< last: its thread uses all the others
};

}  // namespace backupwatch
