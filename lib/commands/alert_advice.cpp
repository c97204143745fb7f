#include "commands/alert_advice.hpp"

#include "core/words.hpp"
#include "notify/registry.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

bool pages(const NotifierSettings& notifier) {
    const NotifierKind* kind = find_notifier_kind(notifier.type);
    return kind != nullptr && kind->pages;
}

bool is_among(const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
}

bool is_named(const std::vector<EscalationStep>& steps, const NotifierSettings& notifier) {
    return std::ranges::any_of(steps, [&](const EscalationStep& step) {
        return is_among(step.notify, notifier.name);
    });
}

bool gets_digest(const AlertSettings& alerts, const NotifierSettings& notifier) {
    if (!alerts.digest) return false;
    return alerts.digest_notify.empty() ? !pages(notifier)
                                        : is_among(alerts.digest_notify, notifier.name);
}

/// What is proven night after night; any other check fails or does not.
bool counts_failures(const std::string& check) {
    return check == "backup" || check == "restore" || check == "source";
}

void advise_on_steps(
    const AlertSettings& alerts,
    const std::vector<EscalationStep>& steps,
    std::vector<std::string>& advice
) {
    bool has_pager = false;
    bool names_pager = false;
    for (const NotifierSettings& notifier : alerts.notifiers) {
        const bool is_fallback =
            std::ranges::find(alerts.notifiers, notifier.name, &NotifierSettings::fallback) !=
            alerts.notifiers.end();
        const bool stands_somewhere = is_named(steps, notifier) || is_fallback;
        if (pages(notifier)) {
            has_pager = true;
            names_pager |= stands_somewhere;
        } else if (!stands_somewhere) {
            advice.push_back(
                notifier.name + ": no step of the escalation names it: it is told " +
                (gets_digest(alerts, notifier) ? "of no failure" : "nothing")
            );
        }
    }
    for (const EscalationStep& step : steps) {
        if (step.consecutive_failures < 2 || step.checks.empty()) continue;
        if (std::ranges::any_of(step.checks, counts_failures)) continue;
        advice.push_back(
            "escalation: consecutive_failures: " + std::to_string(step.consecutive_failures) +
            " never comes true for " + listed(step.checks, step.checks.size()) +
            ", which count none; give a duration instead"
        );
    }
    if (has_pager && !names_pager) {
        advice.push_back("escalation: no step names a pager: nobody is called at night");
    }
}

}  // namespace

std::vector<std::string> advice_on_who_is_told(const AlertSettings& alerts) {
    const auto& notifiers = alerts.notifiers;
    if (notifiers.empty()) {
        return {"no notifiers: nobody is told; have Prometheus alert on backupwatch_check_status"};
    }
    std::vector<std::string> advice;
    if (std::ranges::none_of(notifiers, pages)) {
        advice.push_back("no PagerDuty: nobody is called at night");
    }
    if (alerts.escalation) {
        advise_on_steps(alerts, *alerts.escalation, advice);
    } else if (std::ranges::all_of(notifiers, pages)) {
        advice.push_back(
            "nobody but PagerDuty: a first failure is told to nobody, nor is a check that calls "
            "nobody; add a notifier, or an escalation"
        );
    }
    return advice;
}

}  // namespace backupwatch
