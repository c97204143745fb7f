#pragma once
#include "fakes/certificates.hpp"
#include "net/network.hpp"
#include "support/loop.hpp"
#include "support/temporary_folder.hpp"

#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

namespace backupwatch {

/// A loop with the clients on it.
struct Net {
    asio::io_context loop{1};
    std::unique_ptr<Network> network = make_network(loop.get_executor());

    HttpReply send(HttpRequest request) {
        return run_on(loop, static_cast<HttpClient&>(*network).send(std::move(request)));
    }
    MailReply send(Mail mail) {
        return run_on(loop, static_cast<MailClient&>(*network).send(std::move(mail)));
    }
};

inline HttpRequest request_to(const std::string& url) {
    HttpRequest request;
    request.url = Secret(url);
    request.body = "{}";
    request.limit = std::chrono::seconds(10);
    return request;
}

inline HttpRequest request_to(const std::string& url, Duration limit) {
    auto request = request_to(url);
    request.limit = limit;
    return request;
}

/// A file that makes what `authority` issued trusted.
class CaFile {
  public:
    explicit CaFile(const CertificateAuthority& authority) {
        std::ofstream(path()) << authority.pem();
    }
    std::filesystem::path path() const { return folder_ / "ca.pem"; }

  private:
    TemporaryFolder folder_;
};

/// How long it has lived.
class Stopwatch {
  public:
    std::chrono::milliseconds elapsed() const {
        const auto since = std::chrono::steady_clock::now() - begun_;
        return std::chrono::duration_cast<std::chrono::milliseconds>(since);
    }

  private:
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

}  // namespace backupwatch
