#include "core/check/set_checks.hpp"
#include "core/words.hpp"

#include <algorithm>
#include <chrono>

namespace backupwatch {
namespace {

std::string seconds_in_words(double seconds) {
    const std::chrono::duration<double> took(std::clamp(seconds, 0.0, 1e9));
    return in_words(std::chrono::duration_cast<Duration>(took));
}

/// Its turn may come after another's, which may take as long as it may; nobody waits longer.
constexpr int most_limits = 2;

/// The oldest that is not over, if it ought to be. None while nobody can tell how long that is.
const HookRun* late_run(const SetPolicy& policy, const SetObservation& observed, Instant now) {
    const auto& runs = observed.hook_runs;
    const auto owed = std::ranges::find_if(runs, [](const auto& run) { return !run.is_over(); });
    if (owed == runs.end() || is_age_in_doubt(observed, owed->changed_at)) return nullptr;
    return now - owed->changed_at > most_limits * *policy.hook_limit ? &*owed : nullptr;
}

std::string lateness(const HookRun& run, Instant now) {
    const std::string age = in_words(now - run.changed_at);
    if (run.state == HookRun::State::owed) {
        return "the program of after_backup is owed " + run.backup_id + " for " + age +
               ", and was not begun";
    }
    return "the program of after_backup was begun with " + run.backup_id + " " + age +
           " ago, and nobody says how that ended";
}

}  // namespace

std::optional<Finding> check_hook(
    const SetPolicy& policy, const SetObservation& observed, Instant now
) {
    if (!policy.hook_limit) return std::nullopt;
    const HookRun* last = nullptr;
    const HookRun* last_done = nullptr;
    const HookRun* late = late_run(policy, observed, now);
    int failures = 0;
    for (const HookRun& run : observed.hook_runs) {
        if (!run.is_over()) continue;
        last = &run;
        if (run.state == HookRun::State::done) {
            last_done = &run;
            failures = 0;
        } else {
            ++failures;
        }
    }
    if (last == nullptr && late == nullptr) return std::nullopt;
    Finding finding;
    finding.check = "after_backup";
    finding.threshold = "exit code 0 within " + in_words(*policy.hook_limit);
    if (failures == 0 && late == nullptr) {
        finding.value = seconds_in_words(last->seconds);
        finding.summary = "the program of after_backup is done with " + last->backup_id +
                          ", within " + finding.value;
        return finding;
    }
    finding.severity = Severity::warning;
    finding.failures = failures + (late != nullptr ? 1 : 0);
    finding.value =
        counted(static_cast<std::size_t>(finding.failures), "backup") + " not handed over";
    finding.summary = late != nullptr ? lateness(*late, now)
                                      : "the program of after_backup failed with " +
                                            last->backup_id + ": " + last->error;
    finding.summary += last_done == nullptr
                           ? "; it was not done with any before"
                           : "; the last that it was done with is " + last_done->backup_id;
    return finding;
}

}  // namespace backupwatch
