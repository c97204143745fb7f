#include "process/supervisor.hpp"

#include "core/digits.hpp"
#include "process/descriptor.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace backupwatch {
namespace {

constexpr timeval longest_send{1, 0};

/// `@` stands for the zero byte of a name that is in no folder.
bool is_address(const std::string& name) {
    return (name.starts_with("/") || name.starts_with("@")) &&
           name.size() < sizeof(sockaddr_un::sun_path);
}

std::optional<Duration> watchdog_of(const Supervisor::Environment& environment, int pid) {
    const auto meant = environment("WATCHDOG_PID");
    if (meant && meant != std::to_string(pid)) return std::nullopt;
    const std::string period = environment("WATCHDOG_USEC").value_or("");
    std::string_view digits = period;
    const auto microseconds = take_number(digits);
    if (!microseconds || !digits.empty()) return std::nullopt;
    const Duration watchdog(*microseconds / 1000);
    if (watchdog <= Duration(0)) return std::nullopt;
    return watchdog;
}

}  // namespace

Supervisor::Supervisor(const Environment& environment, int pid) {
    const std::string name = environment("NOTIFY_SOCKET").value_or("");
    if (!is_address(name)) return;
    socket_ = name;
    watchdog_ = watchdog_of(environment, pid);
}

void Supervisor::say(const std::string& lines) const {
    if (socket_.empty()) return;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(socket_.begin(), socket_.end(), address.sun_path);
    if (socket_.front() == '@') address.sun_path[0] = '\0';
    const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket) return;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &longest_send, sizeof longest_send);
    const auto size = offsetof(sockaddr_un, sun_path) + socket_.size();
    ::sendto(
        socket.get(),
        lines.data(),
        lines.size(),
        MSG_NOSIGNAL,
        reinterpret_cast<const sockaddr*>(&address),
        static_cast<socklen_t>(size)
    );
}

}  // namespace backupwatch
