#include "fakes/fake_http_server.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <utility>

namespace backupwatch {
namespace {

ReceivedRequest parse(const std::string& head) {
    ReceivedRequest request;
    request.at = std::chrono::steady_clock::now();
    std::istringstream lines(head);
    std::string line;
    std::getline(lines, line);
    std::istringstream first(line);
    first >> request.method >> request.target;
    while (std::getline(lines, line)) {
        const auto colon = line.find(':');
        if (colon == line.npos) continue;
        std::string name = line.substr(0, colon);
        std::ranges::transform(name, name.begin(), [](unsigned char c) {
            return static_cast<char>(std::tolower(c));
        });
        const auto end = line.find_last_not_of("\r ");
        const auto begin = std::min(line.find_first_not_of(' ', colon + 1), end + 1);
        request.headers[name] = line.substr(begin, end + 1 - begin);
    }
    return request;
}

std::string to_text(const FakeAnswer& answer) {
    std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " Scripted\r\n";
    for (const auto& [name, value] : answer.headers) text += name + ": " + value + "\r\n";
    if (answer.fault == FakeAnswer::Fault::endless_headers) return text;
    if (answer.fault != FakeAnswer::Fault::endless_body) {
        text += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
    }
    return text + "\r\n" + answer.body;
}

Task<> without_end(Peer& peer, std::string bytes) {
    for (;;) co_await peer.write(bytes);
}

Task<> write_answer(Peer& peer, FakeAnswer answer) {
    using Fault = FakeAnswer::Fault;
    if (answer.before > Duration::zero()) co_await peer.wait(answer.before);
    if (answer.fault == Fault::stall) co_await peer.stall();
    if (answer.fault == Fault::reset) {
        peer.reset();
        co_return;
    }
    std::string text = to_text(answer);
    if (answer.only) text.resize(std::min(text.size(), *answer.only));
    if (answer.between > Duration::zero()) {
        for (const char byte : text) {
            std::string one(1, byte);
            co_await peer.write(std::move(one));
            co_await peer.wait(answer.between);
        }
    } else {
        co_await peer.write(std::move(text));
    }
    std::string header = "X-More: and more\r\n";
    std::string body(4096, 'x');
    if (answer.fault == Fault::endless_headers) co_await without_end(peer, std::move(header));
    if (answer.fault == Fault::endless_body) co_await without_end(peer, std::move(body));
    peer.close();
}

Task<ReceivedRequest> read_request(Peer& peer) {
    std::string end = "\r\n\r\n";
    const std::string head = co_await peer.read_until(std::move(end));
    ReceivedRequest request = parse(head);
    const auto length = request.headers.find("content-length");
    if (length != request.headers.end()) {
        request.body = co_await peer.read_exactly(std::stoul(length->second));
    }
    co_return request;
}

}  // namespace

FakeHttpServer::FakeHttpServer(Script script, std::optional<Identity> identity)
    : script_(std::move(script)),
      tls_(identity.has_value()),
      server_([this](Peer& peer) { return serve(peer); }, identity) {}

FakeHttpServer::FakeHttpServer(FakeAnswer answer, std::optional<Identity> identity)
    : FakeHttpServer(
          [answer = std::move(answer)](const ReceivedRequest&) { return answer; },
          std::move(identity)
      ) {}

std::string FakeHttpServer::url(const std::string& path) const {
    const std::string scheme = tls_ ? "https" : "http";
    return scheme + "://127.0.0.1:" + std::to_string(port()) + path;
}

std::vector<ReceivedRequest> FakeHttpServer::received() const {
    const std::lock_guard lock(mutex_);
    return received_;
}

int FakeHttpServer::connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
}

Task<> FakeHttpServer::serve(Peer& peer) {
    {
        const std::lock_guard lock(mutex_);
        ++connections_;
    }
    if (tls_) co_await peer.start_tls();
    for (;;) {
        ReceivedRequest request = co_await read_request(peer);
        FakeAnswer answer = script_(request);
        const bool tunnel = request.method == "CONNECT" && answer.status == 200;
        {
            const std::lock_guard lock(mutex_);
            received_.push_back(std::move(request));
        }
        if (!tunnel) {
            co_await write_answer(peer, std::move(answer));
            co_return;
        }
        std::string established = "HTTP/1.1 200 Established\r\n\r\n";
        co_await peer.write(std::move(established));
    }
}

}  // namespace backupwatch
