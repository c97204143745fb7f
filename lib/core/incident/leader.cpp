#include "core/incident/step.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

bool fails(const Finding& finding) {
    return finding.severity != Severity::ok;
}

/// Nothing read from a source that cannot be read can be told.
bool is_read_from(const Finding& finding, const Finding& source) {
    return source.check == "source" && finding.set == source.set &&
           finding.severity == Severity::unknown;
}

/// Without a backup there is none to drill; a drill that failed is worse than that.
bool has_nothing_to_drill(const Finding& finding, const Finding& backup) {
    return finding.check == "restore" && backup.check == "backup" && finding.set == backup.set &&
           finding.severity != Severity::critical;
}

/// A database that cannot be reached can be neither dumped nor asked for its size.
bool is_out_of_reach_with(const Finding& finding, const Finding& backup) {
    return finding.check == "disk" && backup.check == "backup" &&
           finding.severity == Severity::unknown && !finding.cause.name.empty() &&
           finding.cause.name == backup.cause.name;
}

/// What failed more often in a row may be called out where the other is not yet.
bool can_speak_for(const Finding& leader, const Finding& finding) {
    return fails(leader) && leader.failures >= finding.failures;
}

}  // namespace

const Finding* leader_of(const Finding& finding, const std::vector<Finding>& of_database) {
    const auto first = [&](auto rule) -> const Finding* {
        for (const Finding& other : of_database) {
            const bool is_itself = other.set == finding.set && other.check == finding.check;
            if (!is_itself && can_speak_for(other, finding) && rule(finding, other)) return &other;
        }
        return nullptr;
    };
    if (!fails(finding)) return nullptr;
    if (const Finding* source = first(is_read_from)) return source;
    if (const Finding* backup = first(has_nothing_to_drill)) return backup;
    return first(is_out_of_reach_with);
}

std::optional<Leader> led_by(
    const Finding& finding,
    const Situation& situation,
    const std::vector<Silence>& silences,
    Instant now
) {
    if (fails(finding) && !finding.cause.name.empty()) {
        const auto& causes = situation.shared_causes;
        const auto cause = std::ranges::find(causes, finding.cause.name, &Finding::set);
        // Silenced too: who wants to hear nothing of a server wants to hear nothing of what it
        // makes fail.
        if (cause != causes.end() && can_speak_for(*cause, finding)) {
            return Leader{{cause->database, cause->set, cause->check}, cause->severity};
        }
    }
    const Finding* leader = leader_of(finding, situation.findings);
    if (leader == nullptr) return std::nullopt;
    const IncidentKey key{situation.database, leader->set, leader->check};
    // What is silenced speaks for nothing else.
    if (is_silenced(key, silences, now)) return std::nullopt;
    return Leader{key, leader->severity};
}

}  // namespace backupwatch
