#include "core/incident/incident.hpp"

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
           finding.severity == Severity::unknown;
}

}  // namespace

const Finding* leader_of(const Finding& finding, const std::vector<Finding>& of_database) {
    const auto first = [&](auto rule) -> const Finding* {
        for (const Finding& other : of_database) {
            const bool is_itself = other.set == finding.set && other.check == finding.check;
            if (!is_itself && fails(other) && rule(finding, other)) return &other;
        }
        return nullptr;
    };
    if (!fails(finding)) return nullptr;
    if (const Finding* source = first(is_read_from)) return source;
    if (const Finding* backup = first(has_nothing_to_drill)) return backup;
    return first(is_out_of_reach_with);
}

}  // namespace backupwatch
