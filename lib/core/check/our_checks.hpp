#pragma once
#include "core/certificate.hpp"
#include "core/check/finding.hpp"
#include "core/time/time.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace backupwatch {

/// What keeps our own state from being kept.
struct StateObservation {
    std::string refusal;      ///< why nothing can be recorded now; empty: it can
    std::string memory_only;  ///< why there is no file since the start; empty: there is
    std::string damaged;      ///< a damaged state moved aside, which nobody has taken away yet
};

/// The check `state` of ourselves: critical for each of these.
Finding check_state(const StateObservation& observed);

/// How telling people goes, by one notifier.
struct DeliveryObservation {
    std::string notifier;
    std::size_t pending = 0;
    bool is_broken = false;  ///< it takes nothing until a person mends it
    std::string failing;     ///< the lane that fails, or empty
    std::string error;
    std::optional<Instant> failing_since;
    std::optional<ShownCertificate> certificate{};  ///< the last of its server
};

/// The check `delivery`, whose `set` is the notifier: critical while its endpoint is broken, a
/// warning where notices wait for over ten minutes, or where it will be broken soon because a
/// certificate expires.
Finding check_delivery(const DeliveryObservation& observed, Instant now);

/// Whether somebody must be told by now that it expires. Not of what lives for less than 30 days,
/// which programs renew all the time, nor where it was seen when a program would not have renewed
/// it yet: with more than a third of its life left.
bool expires_soon(const ShownCertificate& certificate, Instant now);

/// What speaks for and against the civil clock.
struct ClockObservation {
    std::optional<Duration> jump{};  ///< within the last day; see ClockWatch
    bool is_behind_records = false;  ///< something was recorded in what is its future
    bool is_synchronised = true;     ///< as the kernel says
    bool was_synchronised = false;   ///< ever, on this machine
    Duration uptime{};
};

/// The check `clock` of ourselves. Says in its `value` whether something synchronises it, so that
/// the next start knows.
Finding check_clock(const ClockObservation& observed);
/// Whether a finding of the check `clock`, kept over a restart, knew the clock as synchronised.
bool was_synchronised(const Finding& clock);

/// Just booted, and not set yet by what otherwise sets it: it may show any time. Over after an
/// hour, since a clock that nobody sets must not hold every verdict for ever.
bool awaits_synchronisation(const ClockObservation& observed);

}  // namespace backupwatch
