#include "core/check/self_audit.hpp"

#include "core/words.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

constexpr Duration longest_loop_delay = 10s;
constexpr Duration latest_begin = 5min;
constexpr Duration longest_standstill = 10min;

std::string overdue_slots(const SelfObservation& observed) {
    std::vector<std::string> names;
    Duration worst{};
    for (const auto& overdue : observed.overdue) {
        if (overdue.by <= latest_begin) continue;
        names.push_back(overdue.slot);
        worst = std::max(worst, overdue.by);
    }
    if (names.empty()) return {};
    return "not begun, though due for up to " + in_words(worst) + ": " + listed(names);
}

/// Where it is refused, it is tried again, and that is not a standstill.
bool stands_still(const SelfObservation::Notifier& notifier) {
    return notifier.pending > 0 && notifier.error.empty() && notifier.waited > longest_standstill;
}

bool takes_nothing(const SelfObservation::Notifier& notifier) {
    return notifier.is_failing && notifier.failing_for > longest_standstill;
}

std::string quiet_scheduler(const SelfObservation& observed) {
    if (observed.scheduler_quiet <= latest_begin) return {};
    return "the scheduler has stood still for " + in_words(observed.scheduler_quiet);
}

std::string quiet_delivery(const SelfObservation& observed) {
    if (observed.delivery_quiet <= latest_begin) return {};
    return "nobody has gone through what is to be told for " + in_words(observed.delivery_quiet);
}

std::string late_judging(const SelfObservation& observed) {
    if (observed.judging_late <= latest_begin) return {};
    return "incidents should have been judged again " + in_words(observed.judging_late) + " ago";
}

std::vector<std::string> lanes_that_stand_still(const SelfObservation& observed) {
    std::vector<std::string> reasons;
    for (const auto& notifier : observed.notifiers) {
        if (!stands_still(notifier)) continue;
        reasons.push_back(
            "nothing leaves for " + notifier.name + ", and nothing says why: " +
            counted(notifier.pending, "notice") + " for " + in_words(notifier.waited)
        );
    }
    return reasons;
}

void append(std::vector<std::string>& reasons, std::vector<std::string> more) {
    reasons.insert(reasons.end(), more.begin(), more.end());
}

std::string nobody_to_tell(const SelfObservation& observed) {
    const auto& all = observed.notifiers;
    if (all.empty() || !std::all_of(all.begin(), all.end(), takes_nothing)) return {};
    std::vector<std::string> errors;
    for (const auto& notifier : all) errors.push_back(notifier.name + " (" + notifier.error + ")");
    return "nobody can be told: " + listed(errors);
}

}  // namespace

std::vector<std::string> self_audit(const SelfObservation& observed) {
    std::vector<std::string> reasons;
    if (observed.loop_delay > longest_loop_delay) {
        reasons.push_back("the event loop was held up for " + in_words(observed.loop_delay));
    }
    reasons.push_back(quiet_scheduler(observed));
    reasons.push_back(overdue_slots(observed));
    if (!observed.store_error.empty()) {
        reasons.push_back("the state cannot be written: " + observed.store_error);
    }
    reasons.push_back(quiet_delivery(observed));
    reasons.push_back(late_judging(observed));
    append(reasons, lanes_that_stand_still(observed));
    reasons.push_back(nobody_to_tell(observed));
    std::erase(reasons, "");
    return reasons;
}

std::vector<std::string> standstills(const SelfObservation& observed) {
    std::vector<std::string> reasons{quiet_scheduler(observed), quiet_delivery(observed)};
    // No slot begins, and no incident is judged, while they cannot be recorded.
    if (observed.store_error.empty()) {
        reasons.push_back(overdue_slots(observed));
        reasons.push_back(late_judging(observed));
    }
    append(reasons, lanes_that_stand_still(observed));
    std::erase(reasons, "");
    return reasons;
}

}  // namespace backupwatch
