#include "core/check/our_checks.hpp"

#include "core/words.hpp"

#include <utility>

namespace backupwatch {
namespace {

constexpr Duration first_synchronisation = std::chrono::hours(1);
constexpr const char* synchronised = "synchronised";
constexpr const char* advice = "; check the machine's time synchronisation";

Finding failing(std::string check, Severity severity, std::string summary) {
    Finding finding;
    finding.check = std::move(check);
    finding.severity = severity;
    finding.summary = std::move(summary);
    finding.failures = 1;
    return finding;
}

constexpr Duration long_undelivered = std::chrono::minutes(10);
/// Time enough to renew it; programs that do so by themselves do it earlier.
constexpr Duration notice_of_expiry = Days(14);
constexpr Duration short_life = Days(30);

std::string words_on_expiry(const ShownCertificate& certificate, Instant now) {
    const bool is_over = certificate.valid_until <= now;
    return "its server's certificate, or one that vouches for it, " +
           std::string(is_over ? "expired at " : "expires at ") +
           in_words(certificate.valid_until) + ", as it was shown at " +
           in_words(certificate.shown_at) +
           ": nothing is delivered from then on unless it is renewed";
}

Finding clock_warning(std::string summary) {
    return failing("clock", Severity::warning, std::move(summary) + advice);
}

Finding judge_clock(const ClockObservation& observed) {
    if (observed.jump) {
        return clock_warning(
            "the clock jumped " + in_words(std::chrono::abs(*observed.jump)) +
            (*observed.jump > Duration(0) ? " ahead" : " back") +
            " within the last day: until it has run steadily for a day, no old dump is removed, "
            "and nothing dated before the jump is called late or in time"
        );
    }
    if (observed.is_behind_records) {
        return clock_warning(
            "something was recorded at a time that lies in the future of the clock: it was wrong "
            "then, or is now"
        );
    }
    if (awaits_synchronisation(observed)) {
        return clock_warning(
            "the clock is not synchronised yet since the machine was booted: nothing is called "
            "late or in time until it is"
        );
    }
    if (!observed.is_synchronised && observed.was_synchronised) {
        return clock_warning("the clock is no longer synchronised");
    }
    Finding finding;
    finding.check = "clock";
    finding.summary = observed.is_synchronised
                          ? "the clock is synchronised and runs steadily"
                          : "the clock runs steadily; nothing on this machine is known to "
                            "synchronise it";
    return finding;
}

}  // namespace

Finding check_delivery(const DeliveryObservation& observed, Instant now) {
    Finding finding;
    finding.check = "delivery";
    const std::string waiting = counted(observed.pending, "notice") + " undelivered";
    const bool is_expiring = observed.certificate && expires_soon(*observed.certificate, now);
    if (observed.is_broken && observed.failing_since) {
        finding = failing(
            "delivery",
            Severity::critical,
            "takes nothing since " + in_words(*observed.failing_since) +
                " and will not until somebody mends it: " + observed.error
        );
    } else if (observed.failing_since && now - *observed.failing_since >= long_undelivered) {
        finding = failing(
            "delivery",
            Severity::warning,
            observed.failing + " takes nothing since " + in_words(*observed.failing_since) +
                ", tried again and again: " + observed.error
        );
    } else if (is_expiring) {
        finding =
            failing("delivery", Severity::warning, words_on_expiry(*observed.certificate, now));
    } else if (observed.failing_since) {
        // No verdict yet: neither a failure, nor the end of one that only fails in another way now.
        finding.severity = Severity::warning;
        finding.summary = observed.failing + " is being tried again";
    } else {
        finding.summary = "people are told";
    }
    finding.set = observed.notifier;
    finding.value = waiting;
    return finding;
}

bool expires_soon(const ShownCertificate& certificate, Instant now) {
    const Duration life = certificate.valid_until - certificate.valid_from;
    const bool is_renewal_overdue = certificate.valid_until - certificate.shown_at <= life / 3;
    return life >= short_life && is_renewal_overdue &&
           certificate.valid_until - now <= notice_of_expiry;
}

Finding check_state(const StateObservation& observed) {
    if (!observed.refusal.empty()) {
        return failing(
            "state",
            Severity::critical,
            "nothing can be recorded, and what is found now is lost when backupwatch ends: " +
                observed.refusal
        );
    }
    if (!observed.memory_only.empty()) {
        return failing(
            "state",
            Severity::critical,
            "the state cannot be kept on disk, and is lost when backupwatch ends: " +
                observed.memory_only
        );
    }
    if (!observed.damaged.empty()) {
        return failing(
            "state",
            Severity::critical,
            "the state was damaged and begun anew; what it held is kept as " + observed.damaged +
                ": remove that file once you have looked at it"
        );
    }
    Finding finding;
    finding.check = "state";
    finding.summary = "the state is whole";
    return finding;
}

Finding check_clock(const ClockObservation& observed) {
    Finding finding = judge_clock(observed);
    finding.value = observed.is_synchronised ? synchronised : "not synchronised";
    if (observed.is_synchronised || observed.was_synchronised) finding.threshold = synchronised;
    return finding;
}

bool was_synchronised(const Finding& clock) {
    return clock.threshold == synchronised;
}

bool awaits_synchronisation(const ClockObservation& observed) {
    return !observed.is_synchronised && observed.was_synchronised &&
           observed.uptime < first_synchronisation;
}

}  // namespace backupwatch
