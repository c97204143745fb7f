#pragma once
#include "core/time/time.hpp"

#include <functional>
#include <optional>
#include <string>

namespace backupwatch {

/// Whoever started us and asked to be told how we do: systemd, by sd_notify(3), whose protocol is a
/// datagram of lines. Where nobody asked, nothing is said.
class Supervisor {
  public:
    using Environment = std::function<std::optional<std::string>(const std::string& name)>;

    /// NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, as systemd sets them for process `pid`.
    Supervisor(const Environment& environment, int pid);

    /// `KEY=value` lines. Waits for a second at most; what nobody takes by then is lost, and was
    /// not worth holding us up.
    void say(const std::string& lines) const;
    /// It ends us when it has not heard WATCHDOG=1 for so long.
    std::optional<Duration> watchdog() const { return watchdog_; }

  private:
    std::string socket_;
    std::optional<Duration> watchdog_;
};

}  // namespace backupwatch
