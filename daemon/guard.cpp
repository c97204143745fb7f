#include "guard.hpp"

#include "core/quoted_line.hpp"
#include "core/words.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

constexpr Duration longest_tick = std::chrono::seconds(30);

/// An observation takes a second of its own, and more where the disk is busy.
Duration tick_of(const Supervisor& supervisor) {
    return std::min(supervisor.watchdog().value_or(longest_tick) / 4, longest_tick);
}

}  // namespace

Guard::Guard(Clock& clock, const Supervisor& supervisor, Views views)
    : clock_(clock), supervisor_(supervisor), views_(std::move(views)) {}

void Guard::ready() {
    supervisor_.say("READY=1\nSTATUS=" + views_.status());
}

Task<> Guard::run() {
    for (;;) {
        auto observing = views_.observe();
        const SelfObservation observed = co_await std::move(observing);
        const std::string standstill = listed(standstills(observed));
        note(standstill);
        // What stands still is not said to live: it is ended, and begun again.
        supervisor_.say(
            standstill.empty() ? "WATCHDOG=1\nSTATUS=" + views_.status() : "STATUS=" + standstill
        );
        co_await pause(clock_, tick_of(supervisor_));
    }
}

/// Once per change.
void Guard::note(const std::string& standstill) {
    if (!standstill.empty() && standstill_.empty()) {
        spdlog::error(
            "backupwatch stands still{} reasons={}",
            supervisor_.watchdog() ? ", the watchdog is no longer told that it lives" : "",
            quoted_line(standstill)
        );
    } else if (standstill.empty() && !standstill_.empty()) {
        spdlog::info("backupwatch moves again");
    }
    standstill_ = standstill;
}

}  // namespace backupwatch
