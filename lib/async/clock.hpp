#pragma once
#include "async/task.hpp"
#include "core/time/time.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace backupwatch {

/// Civil time, and time that nobody sets: the only place from which what decides when work happens
/// reads either. Limits on single operations (a query, a child process) use steady timers instead.
class Clock {
  public:
    virtual ~Clock() = default;

    virtual Instant now() const = 0;
    /// Since the machine was booted, sleep included; nobody sets it.
    virtual Duration uptime() const = 0;
    /// The same, sleep left out: what could be done in.
    virtual Duration awake() const = 0;
    /// Whether the kernel says that something synchronises it. One that cannot say counts as yes.
    virtual bool is_synchronised() const { return true; }

    /// Returns when `instant` is reached, or earlier when the clock was set meanwhile: the caller
    /// asks now() again and decides anew. Ends with operation_aborted when cancelled.
    virtual Task<> wait(Instant instant) = 0;
};

/// Waits that long by uptime(), however civil time is set meanwhile. Ends with operation_aborted
/// when cancelled.
Task<> pause(Clock& clock, Duration duration);

/// CLOCK_REALTIME, waited for with a timerfd that a change of the clock cancels.
std::unique_ptr<Clock> make_clock(asio::any_io_executor executor);

}  // namespace backupwatch
