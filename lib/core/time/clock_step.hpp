#pragma once
#include "core/time/time.hpp"

#include <optional>

namespace backupwatch {

/// One look at both clocks of a machine: the civil one, which someone may set, and the time since
/// it was booted, sleep included, which nobody can.
struct ClockReading {
    Instant civil;
    Duration uptime{};
};

/// Whether the civil clock can be trusted to tell an age: it jumped by over a day less than a day
/// ago, or it has not.
class ClockWatch {
  public:
    /// Looks again. Pure but for what it remembers.
    void look(ClockReading now);

    /// By how much it jumped, ahead or back; none: it ran steadily for the last day, or since we
    /// began.
    std::optional<Duration> jump() const { return jump_; }

  private:
    std::optional<ClockReading> last_;
    std::optional<Duration> jump_;
    Duration jumped_at_{};  ///< uptime
};

}  // namespace backupwatch
