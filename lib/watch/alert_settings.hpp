#pragma once
#include "config/section.hpp"
#include "core/incident/escalation.hpp"
#include "core/time/schedule.hpp"
#include "notify/settings.hpp"

#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

Parsed<Severity> parse_value(std::string_view text, As<Severity>);
void describe(Section& section, EscalationStep& step);

/// Who is told, and when.
struct AlertSettings {
    std::vector<NotifierSettings> notifiers;
    /// None: default_escalation().
    std::optional<std::vector<EscalationStep>> escalation;
    std::vector<Duration> reminders{
        std::chrono::hours(24), std::chrono::hours(3 * 24), std::chrono::hours(7 * 24)};
    std::optional<Schedule> digest;          ///< none: no digest
    std::vector<std::string> digest_notify;  ///< empty: every notifier that is no pager
};

/// Its keys are those of the document itself.
void describe_alerts(Section& section, AlertSettings& alerts);

struct Settings;
/// Names that nothing has, notifiers that take over from each other in a circle.
void check_alert_references(Section& section, const Settings& settings);

}  // namespace backupwatch
