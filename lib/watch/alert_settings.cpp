#include "watch/alert_settings.hpp"

#include "notify/registry.hpp"
#include "watch/settings.hpp"
#include "watch/settings_rules.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

/// Every check that an incident can be of.
constexpr std::array<std::string_view, 13> known_checks{
    "backup",
    "retention",
    "size",
    "shape",
    "pitr",
    "project",
    "restore",
    "after_backup",
    "disk",
    "source",
    "state",
    "clock",
    "delivery"};

/// Complains about a name that is none of `known`.
void check_name(
    Section& section,
    const std::string& path,
    const std::string& name,
    const std::vector<std::string_view>& known,
    const std::string& what
) {
    if (name.empty() || std::find(known.begin(), known.end(), name) != known.end()) return;
    std::string message = in_quotes(name) + " is no " + what;
    const auto meant = nearest(name, known);
    if (!meant.empty()) message += "; did you mean " + in_quotes(meant) + "?";
    section.complain(path, path.substr(path.rfind('.') + 1) + ": " + message);
}

std::vector<std::string_view> names_of(const std::vector<NotifierSettings>& notifiers) {
    std::vector<std::string_view> names;
    for (const NotifierSettings& notifier : notifiers) names.push_back(notifier.name);
    return names;
}

const NotifierSettings* find(const std::vector<NotifierSettings>& all, const std::string& name) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const NotifierSettings& notifier) {
        return notifier.name == name;
    });
    return found == all.end() ? nullptr : &*found;
}

bool comes_back(const std::vector<NotifierSettings>& all, const NotifierSettings& first) {
    const NotifierSettings* next = &first;
    for (std::size_t steps = 0; steps <= all.size(); ++steps) {
        next = find(all, next->fallback);
        if (next == nullptr) return false;
        if (next == &first) return true;
    }
    return false;
}

bool pages(const NotifierSettings& notifier) {
    const NotifierKind* kind = find_notifier_kind(notifier.type);
    return kind != nullptr && kind->pages;
}

void check_fallbacks(Section& section, const std::vector<NotifierSettings>& notifiers) {
    for (std::size_t i = 0; i < notifiers.size(); ++i) {
        const std::string path = path_of_item("notifiers", i, "fallback");
        check_name(section, path, notifiers[i].fallback, names_of(notifiers), "notifier");
        const NotifierSettings* heir = find(notifiers, notifiers[i].fallback);
        if (heir != nullptr && pages(*heir) && !pages(notifiers[i])) {
            section.complain(
                path,
                "fallback: " + in_quotes(heir->name) + " calls people, and " +
                    in_quotes(notifiers[i].name) + " does not: it would wake them for everything"
            );
        }
        if (!comes_back(notifiers, notifiers[i])) continue;
        section.complain(
            path,
            "fallback: " + in_quotes(notifiers[i].name) +
                " takes over from itself in the end: a notifier that is broken cannot"
        );
    }
}

void check_digest(Section& section, const AlertSettings& alerts) {
    for (const std::string& name : alerts.digest_notify) {
        check_name(section, "digest_notify", name, names_of(alerts.notifiers), "notifier");
        const NotifierSettings* notifier = find(alerts.notifiers, name);
        if (notifier == nullptr || !pages(*notifier)) continue;
        section.complain(
            "digest_notify",
            "digest_notify: " + in_quotes(name) + " calls people, and a digest is no alarm"
        );
    }
    if (section.has("digest_notify") && !section.has("digest")) {
        section.complain("digest_notify", "digest_notify: there is no digest that they could get");
    }
    const bool has_reader = std::any_of(
        alerts.notifiers.begin(),
        alerts.notifiers.end(),
        [](const NotifierSettings& notifier) { return !pages(notifier); }
    );
    if (alerts.digest && !has_reader) {
        section.complain(
            "digest", "digest: nobody would get it: notifiers has only pagers, or none"
        );
    }
}

void check_unique(Section& section, const std::vector<NotifierSettings>& notifiers) {
    for (std::size_t i = 0; i < notifiers.size(); ++i) {
        const NotifierSettings* first = find(notifiers, notifiers[i].name);
        if (notifiers[i].name.empty() || first == &notifiers[i]) continue;
        section.complain(
            path_of_item("notifiers", i, "name"), "name: duplicate " + in_quotes(notifiers[i].name)
        );
    }
}

}  // namespace

Parsed<Severity> parse_value(std::string_view text, As<Severity>) {
    return parse_choice<Severity>(
        text,
        {{"warning", Severity::warning},
         {"unknown", Severity::unknown},
         {"critical", Severity::critical}}
    );
}

void describe(Section& section, EscalationStep& step) {
    section.key("notify", step.notify, "whom this step tells")
        .required()
        .must(
            [](const auto& names) { return !names.empty(); },
            "a step that tells nobody: name at least one notifier"
        );
    section.key("checks", step.checks, "only of these checks");
    section.key("databases", step.databases, "only of these databases");
    section.key("severity", step.severity, "at least this bad: warning, unknown or critical");
    section.key("consecutive_failures", step.consecutive_failures, "at least so many in a row")
        .at_least(1)
        .at_most(1000);
    section.key("duration", step.duration, "failing at least this long");
}

void describe_alerts(Section& section, AlertSettings& alerts) {
    section.list("notifiers", alerts.notifiers, "ways to tell people");
    std::vector<EscalationStep> steps;
    section.list("escalation", steps, "who is told when");
    if (section.has("escalation")) alerts.escalation = std::move(steps);
    section.key("reminders", alerts.reminders, "told again after these, then every last of them");
    for (std::size_t i = 0; i < alerts.reminders.size(); ++i) {
        const bool ascends = i == 0 || alerts.reminders[i] > alerts.reminders[i - 1];
        if (alerts.reminders[i] >= 1min && ascends) continue;
        section.complain("reminders", "reminders: must be a minute or more, and ascend");
        break;
    }
    section.key("digest", alerts.digest, "when it is told every day what was proven");
    section.key("digest_notify", alerts.digest_notify, "who gets it");
}

void check_alert_references(Section& section, const Settings& settings) {
    const AlertSettings& alerts = settings.alerts;
    check_unique(section, alerts.notifiers);
    check_fallbacks(section, alerts.notifiers);
    check_digest(section, alerts);
    if (!alerts.escalation) return;
    std::vector<std::string_view> databases{"backupwatch"};
    for (const auto& database : settings.databases) databases.push_back(database.name);
    const std::vector<std::string_view> checks(known_checks.begin(), known_checks.end());
    for (std::size_t i = 0; i < alerts.escalation->size(); ++i) {
        const EscalationStep& step = (*alerts.escalation)[i];
        const auto check_all =
            [&](const char* key, const auto& names, const auto& known, const std::string& what) {
                for (const std::string& name : names) {
                    check_name(section, path_of_item("escalation", i, key), name, known, what);
                }
            };
        check_all("notify", step.notify, names_of(alerts.notifiers), "notifier");
        check_all("checks", step.checks, checks, "check");
        check_all("databases", step.databases, databases, "database");
    }
}

}  // namespace backupwatch
