#pragma once
#include "core/backup/backup.hpp"
#include "core/backup/left_out.hpp"
#include "core/backup/verification.hpp"
#include "core/check/checks.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace backupwatch {

/// What a drill did and found.
struct DrillReport {
    struct Phase {
        std::string name;  ///< fetch | start | restore | verify
        double seconds = 0;
    };

    std::string database;
    std::string set;
    Backup backup;
    DrillOutcome::Result result = DrillOutcome::Result::unknown;
    Instant started_at;
    double seconds = 0;
    std::vector<Phase> phases;
    double target_seconds = 0;
    Verification verification;
    std::vector<std::string> commands;  ///< that restored it, as a person would type them
    std::vector<LeftForLater> for_later;
    std::vector<std::string> made_roles;  ///< of a server that stays: they cannot log in yet
    std::string not_marked;               ///< why the database there is not; empty: it is

    /// Fetch, start and restore: what is held against the target.
    double restore_seconds() const;
    bool is_slow() const { return restore_seconds() > target_seconds; }
    /// Of tables that are right; where nothing was compared, nothing is verified.
    std::uint64_t verified_rows() const;
};

std::string_view to_string(DrillOutcome::Result result);

/// `drill --json`, as DESIGN 2.3 has it.
boost::json::object to_json(const DrillReport& report);

/// What the checks look at.
DrillOutcome outcome_of(const DrillReport& report, Instant finished_at);

}  // namespace backupwatch
