#pragma once
#include "async/clock.hpp"
#include "core/check/self_audit.hpp"
#include "process/supervisor.hpp"

#include <functional>
#include <string>

namespace backupwatch {

/// Tells the supervisor how the daemon does, and that it lives: for as long as its loop, its
/// scheduler and its delivery are seen to move. Used on the loop only.
class Guard {
  public:
    struct Views {
        std::function<Task<SelfObservation>()> observe;
        std::function<std::string()> status;  ///< in one line
    };

    Guard(Clock& clock, const Supervisor& supervisor, Views views);

    /// Everything is up; also after a reload, whatever came of it.
    void ready();
    void reloading() { supervisor_.say("RELOADING=1"); }
    /// Until cancelled.
    Task<> run();

  private:
    void note(const std::string& standstill);

    Clock& clock_;
    const Supervisor& supervisor_;
    Views views_;
    std::string standstill_;
};

}  // namespace backupwatch
