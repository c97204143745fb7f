#pragma once
#include "async/task.hpp"
#include "core/certificate.hpp"
#include "core/secret.hpp"
#include "core/time/time.hpp"

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace backupwatch {

/// What every outgoing connection needs to know.
struct NetworkSettings {
    std::filesystem::path ca_file;  ///< trusted besides the system's; empty: the system's alone
    /// Empty: what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say, in either spelling; those are for HTTP
    /// alone. Neither is ever for loopback.
    std::string proxy;
};

struct HttpRequest {
    std::string method = "POST";
    Secret url;  ///< http or https; a webhook's URL is its secret
    std::vector<std::pair<std::string, Secret>> headers;
    std::string body;
    Duration limit = std::chrono::seconds(15);  ///< for all of it, the name's lookup included
    std::size_t most_reply = 64 * 1024;         ///< of the body that is kept; the rest is not read
    NetworkSettings network;
    std::vector<std::string> wanted{};  ///< headers of the reply that are kept
};

/// How far an exchange came that has no whole reply.
enum class Reached {
    nobody,             ///< nothing of the request was sent: trying again repeats nothing
    someone,            ///< it was sent, at least in part: it may have been acted upon
    impostor,           ///< the peer's certificate is not trusted, expired, or another host's
    none_by_our_fault,  ///< nothing was sent, nor will be until a person mends the set-up
};

/// What came of a request. No text in it holds the URL's path or query, a header's value, or any
/// other secret.
struct HttpReply {
    int status = 0;       ///< 0: there is no reply, and `error` and `reached` say why
    std::string body;     ///< at most most_reply bytes of it
    bool is_cut = false;  ///< the connection, or the time, ended before the body did
    std::string content_type;
    std::string retry_after;  ///< as the header has it, or empty
    /// Those that were wanted, under the names by which they were.
    std::map<std::string, std::string> headers{};
    std::string error;
    Reached reached = Reached::someone;
    /// What the peer showed, and we trusted: of its chain the one that expires first. Nothing
    /// without TLS, or where it did not come to that.
    std::optional<Certificate> certificate{};
};

/// Outgoing HTTP and HTTPS, each request on a connection of its own: one that was kept and died
/// leaves it in doubt whether a POST arrived. Certificates are always verified, redirects never
/// followed. Used on the loop; works on a thread of its own, so that a name server that does not
/// answer holds up nobody. Cancelling ends the exchange at once.
class HttpClient {
  public:
    virtual ~HttpClient() = default;
    /// Never throws for what the network does; operation_aborted when cancelled.
    virtual Task<HttpReply> send(HttpRequest request) = 0;
};

}  // namespace backupwatch
