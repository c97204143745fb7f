#include "core/check/set_checks.hpp"
#include "core/words.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

using Result = DrillOutcome::Result;

Duration as_duration(double seconds) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

/// The last drill did not pass: that is told, whatever came before it.
Finding not_passed(const DrillOutcome& drill, int in_a_row) {
    const bool failed = drill.result == Result::failed;
    Finding finding;
    finding.severity = failed ? Severity::critical : Severity::unknown;
    finding.failures = std::max(in_a_row, 1);
    finding.summary = "the drill of " + drill.backup_id + " at " + in_words(drill.finished_at) +
                      (failed ? " failed: " : " could not be run: ") + drill.error;
    return finding;
}

/// No drill ever passed, and none failed.
Finding never_drilled(const SetPolicy& policy, const SetObservation& observed, Instant now) {
    const Instant latest =
        observed.watched_since + policy.backup.every + policy.backup.grace + policy.drill->max_age;
    Finding finding;
    finding.threshold = in_words(policy.drill->max_age);
    if (observed.history_lost) {
        finding.severity = Severity::warning;
        finding.failures = 1;
        finding.summary =
            "what drills have proven is lost with the state that kept it: no backup is proven to "
            "restore until the next drill has passed";
        return finding;
    }
    if (is_age_in_doubt(observed, observed.watched_since)) {
        finding.severity = Severity::unknown;
        finding.threshold += held_in_words;
        finding.summary =
            "no drill has passed yet; cannot tell whether the first is late, as the clock is in "
            "doubt";
        return finding;
    }
    if (now < latest) {
        finding.summary = "waiting for the first drill, at the latest at " + in_words(latest);
        return finding;
    }
    finding.severity = Severity::warning;
    finding.failures = 1;
    finding.summary = "no drill has ever passed, and this set is watched for " +
                      in_words(now - observed.watched_since) + ": no backup is proven to restore";
    return finding;
}

/// Passed: but quickly enough, and lately enough?
Finding passed(const SetPolicy& policy, const SetObservation& observed, Instant when, Instant now) {
    const Duration age = now - when;
    const std::string ago = in_words(age) + " ago (" + in_words(when) + ")";
    const bool is_held = is_age_in_doubt(observed, when);
    Finding finding;
    finding.value = is_held ? "" : in_words(age);
    finding.threshold = in_words(policy.drill->max_age) + (is_held ? held_in_words : "");
    finding.summary = "the last drill passed " +
                      (is_held ? "at " + in_words(when) +
                                     ", and how long ago that is cannot be told, as the clock is "
                                     "in doubt"
                               : ago);

    const bool is_old = !is_held && age > policy.drill->max_age;
    if (is_old) finding.summary += ", at most " + in_words(policy.drill->max_age) + " is allowed";
    bool is_slow = false;
    if (observed.last_drill) {
        const Duration took = as_duration(observed.last_drill->seconds);
        is_slow = took > policy.drill->target;
        finding.summary += std::string(is_slow ? "; too slow: " : "; ") + "restored in " +
                           in_words(took) + ", target " + in_words(policy.drill->target);
        if (is_slow && !is_old) {
            finding.value = in_words(took);
            finding.threshold = in_words(policy.drill->target);
        }
    }
    if (is_old || is_slow) {
        finding.severity = Severity::warning;
        finding.failures = 1;
    }
    if (is_held) finding.severity = Severity::unknown;
    return finding;
}

Finding judge(const SetPolicy& policy, const SetObservation& observed, Instant now) {
    const auto& last = observed.last_drill;
    if (last && last->result != Result::passed)
        return not_passed(*last, observed.drills_not_passed);

    auto when = observed.last_passed_drill;
    if (!when && last) when = last->finished_at;
    if (!when) return never_drilled(policy, observed, now);
    if (*when <= now) return passed(policy, observed, *when, now);

    Finding finding;
    finding.severity = Severity::warning;
    finding.failures = 1;
    finding.summary = "the last drill is dated in the future, " + in_words(*when) +
                      ", by a wrong clock: it proves nothing";
    return finding;
}

}  // namespace

std::optional<Finding> check_restore(
    const SetPolicy& policy, const SetObservation& observed, Instant now
) {
    if (!policy.drill || !observed.inventory) return std::nullopt;
    Finding finding = judge(policy, observed, now);
    finding.check = "restore";
    return finding;
}

}  // namespace backupwatch
