#pragma once
#include "process/descriptor.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace backupwatch {

/// $NOTIFY_SOCKET, as systemd makes one: a path, or a name in no folder, which begins with `@`.
class NotifySocket {
  public:
    explicit NotifySocket(const std::string& name)
        : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (name.size() >= sizeof(address.sun_path)) throw std::runtime_error("a long path");
        std::copy(name.begin(), name.end(), address.sun_path);
        if (name.front() == '@') address.sun_path[0] = '\0';
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        const auto* generic = reinterpret_cast<const sockaddr*>(&address);
        if (::bind(socket_.get(), generic, size) != 0) {
            throw std::runtime_error("cannot listen at " + name);
        }
    }

    /// Everything since it was asked last.
    std::vector<std::string> heard() const {
        std::vector<std::string> messages;
        std::array<char, 4096> bytes{};
        for (;;) {
            const auto size = ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
            if (size < 0) return messages;
            messages.emplace_back(bytes.data(), static_cast<std::size_t>(size));
        }
    }

  private:
    Descriptor socket_;
};

}  // namespace backupwatch
