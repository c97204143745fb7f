#pragma once
#include "core/incident/incident.hpp"

#include <string>
#include <utility>
#include <vector>

namespace backupwatch {

inline constexpr Severity critical = Severity::critical;
inline constexpr Severity unknown = Severity::unknown;
inline constexpr Severity warning = Severity::warning;
inline constexpr Severity ok = Severity::ok;

/// Three notifiers and the escalation of DESIGN 2.1; what is judged is kept as a store would.
struct Alerts {
    using Clock = std::chrono::system_clock;

    AlertPolicy policy{
        {lane("email"), lane("slack"), pager("pagerduty")},
        {{.notify = {"email", "slack"}},
         {.notify = {"pagerduty"},
          .checks = {"backup", "restore", "source"},
          .severity = Severity::unknown,
          .consecutive_failures = 2}},
        {std::chrono::hours(24), std::chrono::hours(72), std::chrono::hours(168)},
    };
    std::vector<Incident> open;
    std::vector<Incident> ended;
    std::vector<Silence> silences;
    std::vector<std::string> checks{"backup", "retention", "size", "restore", "source", "disk"};
    Proofs proofs;
    std::optional<Instant> clock_doubted_before;
    Instant now = *parse_rfc3339("2026-11-22T03:05:00Z");
    std::optional<Instant> wake;
    std::vector<Addressed> last;
    std::int64_t last_id = 0;

    static Lane lane(const std::string& name) { return {name, "", "endpoint-of-" + name}; }
    static Lane pager(const std::string& name) {
        return {name, "", "endpoint-of-" + name, true, "route-of-" + name};
    }
    static Finding finding(
        const std::string& check,
        Severity severity,
        int failures,
        const std::string& set = "nightly"
    ) {
        Finding found;
        found.database = "postry-ai";
        found.set = set;
        found.check = check;
        found.severity = severity;
        found.summary = check + " is " + std::string(to_string(severity));
        found.failures = failures;
        return found;
    }

    /// What is told, as `slack problem critical`, in order.
    std::vector<std::string> judged(
        const std::vector<Finding>& findings, const std::string& set = "nightly"
    ) {
        Situation situation;
        situation.database = "postry-ai";
        situation.set = set;
        situation.findings = findings;
        situation.checks = checks;
        situation.proofs = proofs;
        situation.clock_doubted_before = clock_doubted_before;
        return keep(judge(open, situation, policy, silences, now));
    }

    std::vector<std::string> keep(Judgement judgement) {
        for (Incident& incident : judgement.changed) {
            if (incident.id == 0) incident.id = ++last_id;
            std::erase_if(open, [&](const Incident& known) { return known.id == incident.id; });
            (incident.ended_at ? ended : open).push_back(std::move(incident));
        }
        wake = judgement.wake;
        last = std::move(judgement.notices);
        std::vector<std::string> told;
        for (const auto& [to, notice] : last) {
            told.push_back(
                name_of(to) + " " + std::string(to_string(notice.kind)) + " " +
                std::string(to_string(notice.severity))
            );
        }
        return told;
    }

    /// What that notifier answers to the last that it was told of the open incident.
    void answer(const std::string& notifier, Arrival arrival) {
        Answer answer;
        answer.lane.endpoint = "endpoint-of-" + notifier;
        for (const Lane& known : policy.lanes) {
            if (known.notifier == notifier) answer.lane = answer.sent_to = known;
        }
        answer.arrival = arrival;
        answer.made_at = answer.at = now;
        note(open.front(), answer);
    }

    /// Lets the clock run until then, judging whenever it was asked for.
    std::vector<std::string> run(Duration duration, const std::vector<Finding>& findings) {
        const Instant end = now + duration;
        std::vector<std::string> told;
        while (wake && *wake <= end) {
            now = *wake;
            for (std::string& line : judged(findings)) told.push_back(in_words(now) + " " + line);
        }
        now = end;
        return told;
    }
};

using Lines = std::vector<std::string>;

}  // namespace backupwatch
