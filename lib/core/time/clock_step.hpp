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
    /// Since when it has run steadily after that jump: what is dated before has no age that can be
    /// told. None: there was no jump.
    std::optional<Instant> steady_since() const;

    /// Something was recorded at a time that lies in the future of this reading.
    void meet_future(ClockReading now) { met_future_at_ = now.uptime; }
    /// Within the last day.
    bool has_met_future() const { return met_future_at_.has_value(); }

  private:
    std::optional<ClockReading> last_;
    std::optional<Duration> jump_;
    ClockReading jumped_at_;
    std::optional<Duration> met_future_at_;  ///< uptime
};

}  // namespace backupwatch
