#include "core/incident/escalation.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

/// Names in an order of their own, so that it does not matter how the configuration lists them.
std::string any_of(std::vector<std::string> names) {
    if (names.empty()) return "*";
    std::sort(names.begin(), names.end());
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
    return text;
}

}  // namespace

std::string name_of(const Lane& lane) {
    return lane.recipient.empty() ? lane.notifier : lane.notifier + "/" + lane.recipient;
}

Likeness likeness(const Lane& one, const Lane& other) {
    const bool has_endpoint = one.endpoint == other.endpoint;
    const bool has_name = one.notifier == other.notifier && one.recipient == other.recipient &&
                          one.pages == other.pages;
    if (has_endpoint) return has_name ? Likeness::both : Likeness::endpoint;
    return has_name ? Likeness::name : Likeness::none;
}

/// Whom it tells is left out: a notifier that is added to a step, or renamed, makes no other step.
std::string identity_of(const EscalationStep& step) {
    return "checks=" + any_of(step.checks) + " databases=" + any_of(step.databases) +
           " severity=" + std::string(to_string(step.severity)) +
           " consecutive_failures=" + std::to_string(step.consecutive_failures) +
           " duration=" + to_text(step.duration);
}

}  // namespace backupwatch
