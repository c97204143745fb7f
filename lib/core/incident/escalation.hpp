#pragma once
#include "core/check/finding.hpp"
#include "core/time/time.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace backupwatch {

/// One queue of messages to one receiver: a notifier, or one mailbox of an e-mail notifier, so that
/// a bad mailbox stops nobody else.
struct Lane {
    std::string notifier;   ///< its name in the configuration
    std::string recipient;  ///< the mailbox; empty for a notifier that has a single receiver
    /// Who that is, whatever it is called: a fingerprint from which no secret can be read.
    std::string endpoint;
    bool pages = false;   ///< folds what has one key: gets `again`, never a reminder
    std::string route{};  ///< PagerDuty's routing key, kept to resolve with; secret

    friend bool operator==(const Lane&, const Lane&) = default;
};
/// `email/devops@example.com`, `slack`.
std::string name_of(const Lane& lane);
/// How surely both are one receiver, though either may have been changed since: renamed, or given
/// another address. Two notifiers may share an endpoint. What was for a chat calls nobody, whatever
/// bears its name now.
enum class Likeness { none, name, endpoint, both };
Likeness likeness(const Lane& one, const Lane& other);

/// A step of the escalation: it applies when all of its conditions hold.
struct EscalationStep {
    std::vector<std::string> notify{};      ///< names of notifiers
    std::vector<std::string> checks{};      ///< empty: every check
    std::vector<std::string> databases{};   ///< empty: every database
    Severity severity = Severity::warning;  ///< at least
    int consecutive_failures = 1;           ///< at least
    Duration duration{0};                   ///< open at least this long

    friend bool operator==(const EscalationStep&, const EscalationStep&) = default;
};
/// What makes it this step, over a restart and a reload: its conditions, spelt out.
std::string identity_of(const EscalationStep& step);

/// Who is told what, when.
struct AlertPolicy {
    std::vector<Lane> lanes;
    std::vector<EscalationStep> steps;
    /// After these since the incident was opened, then again every last of them.
    std::vector<Duration> reminders;
    /// By name, which notifier takes over from which.
    std::map<std::string, std::string> fallbacks{};
};

/// Where every lane of a notifier is broken, the one that takes over is told what it is told, too.
AlertPolicy with_fallbacks(
    AlertPolicy policy,
    const std::map<std::string, std::string>& fallbacks,
    const std::set<std::string>& broken
);

/// Where the configuration has none: everybody at the first failure; pagers at the second in a row,
/// of what proves that data can be restored.
std::vector<EscalationStep> default_escalation(const std::vector<Lane>& lanes);

}  // namespace backupwatch
