#pragma once
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>

namespace backupwatch {

/// A client on a blocking socket that sends what it is told, sense or nonsense.
class Peer {
  public:
    explicit Peer(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connect(&address, sizeof(address));
    }
    explicit Peer(const std::filesystem::path& path) : socket_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
        connect(&address, sizeof(address));
    }
    ~Peer() { close(); }
    Peer(Peer&& other) noexcept
        : socket_(std::exchange(other.socket_, -1)), received_(std::move(other.received_)) {}
    Peer& operator=(Peer&&) = delete;

    void close() {
        if (socket_ >= 0) ::close(std::exchange(socket_, -1));
    }

    /// False where the other side has closed.
    bool send(std::string_view text) {
        while (!text.empty()) {
            const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    /// What came up to and with `end`; what came before the other side closed, if it never does.
    std::string receive_through(std::string_view end) {
        std::size_t found = received_.find(end);
        while (found == std::string::npos) {
            char piece[4096];
            const ssize_t size = ::recv(socket_, piece, sizeof(piece), 0);
            if (size <= 0) return std::exchange(received_, {});
            received_.append(piece, static_cast<std::size_t>(size));
            found = received_.find(end);
        }
        std::string text = received_.substr(0, found + end.size());
        received_.erase(0, text.size());
        return text;
    }

    /// A response whose length its head tells: head and body.
    std::string receive_response() {
        std::string text = receive_through("\r\n\r\n");
        const auto length = text.find("Content-Length: ");
        if (length == std::string::npos) return text;
        const auto size = static_cast<std::size_t>(std::atol(text.c_str() + length + 16));
        while (received_.size() < size) {
            char piece[65536];
            const ssize_t got = ::recv(socket_, piece, sizeof(piece), 0);
            if (got <= 0) break;
            received_.append(piece, static_cast<std::size_t>(got));
        }
        text += received_.substr(0, size);
        received_.erase(0, size);
        return text;
    }

    std::string receive_rest() { return receive_through("\x01 never sent \x01"); }

    std::string ask(const std::string& request_line) {
        send(request_line + " HTTP/1.1\r\nHost: test\r\n\r\n");
        return receive_response();
    }

  private:
    template <class Address>
    void connect(const Address* address, socklen_t size) {
        const timeval limit{10, 0};  // a server that never answers fails the test, not the run
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        const auto* generic = reinterpret_cast<const sockaddr*>(address);
        EXPECT_EQ(::connect(socket_, generic, size), 0) << std::strerror(errno);
    }

    int socket_;
    std::string received_;
};

}  // namespace backupwatch
