#pragma once
#include "core/time/time.hpp"
#include "fakes/fake_server.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// What arrived.
struct ReceivedRequest {
    std::string method;
    std::string target;                          ///< as in the first line
    std::map<std::string, std::string> headers;  ///< by names in lower case
    std::string body;
    std::chrono::steady_clock::time_point at;
};

/// What is answered, and how badly.
struct FakeAnswer {
    enum class Fault {
        none,
        stall,            ///< nothing comes
        reset,            ///< RST instead of an answer
        endless_headers,  ///< no end of them
        endless_body
    };

    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string body{};
    Fault fault = Fault::none;
    Duration before{};                  ///< waited before the first byte
    Duration between{};                 ///< and before each further one, if not zero
    std::optional<std::size_t> only{};  ///< closes after that many bytes
};

/// An HTTP/1.1 server on 127.0.0.1 that answers as scripted and remembers what it was sent, one
/// request on each connection. It is a proxy, too: it answers in the place of any host, and after a
/// CONNECT that the script answers with 200 what comes next inside the tunnel.
class FakeHttpServer {
  public:
    using Script = std::function<FakeAnswer(const ReceivedRequest&)>;

    explicit FakeHttpServer(Script script, std::optional<Identity> identity = {});
    /// The same answer to everybody.
    explicit FakeHttpServer(FakeAnswer answer, std::optional<Identity> identity = {});

    int port() const { return server_.port(); }
    /// `path` begins with a slash.
    std::string url(const std::string& path = "/") const;
    std::vector<ReceivedRequest> received() const;
    int connections() const;
    /// See FakeServer.
    void renew(const Identity& identity) { server_.renew(identity); }

  private:
    Task<> serve(Peer& peer);

    Script script_;
    bool tls_;
    mutable std::mutex mutex_;
    std::vector<ReceivedRequest> received_;
    int connections_ = 0;
    FakeServer server_;  ///< last: its thread uses all the others
};

}  // namespace backupwatch
