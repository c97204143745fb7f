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

}  // namespace

std::optional<Finding> check_hook(const SetPolicy& policy, const SetObservation& observed) {
    if (!policy.hook_limit) return std::nullopt;
    const HookRun* last = nullptr;
    const HookRun* last_done = nullptr;
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
    if (last == nullptr) return std::nullopt;
    Finding finding;
    finding.check = "after_backup";
    finding.threshold = "exit code 0 within " + in_words(*policy.hook_limit);
    if (failures == 0) {
        finding.value = seconds_in_words(last->seconds);
        finding.summary = "the program of after_backup is done with " + last->backup_id +
                          ", within " + finding.value;
        return finding;
    }
    finding.severity = Severity::warning;
    finding.failures = failures;
    finding.value = counted(static_cast<std::size_t>(failures), "backup") + " not handed over";
    finding.summary =
        "the program of after_backup failed with " + last->backup_id + ": " + last->error;
    finding.summary += last_done == nullptr
                           ? "; it was not done with any before"
                           : "; the last that it was done with is " + last_done->backup_id;
    return finding;
}

}  // namespace backupwatch
