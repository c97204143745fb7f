#pragma once
#include "config/section.hpp"
#include "core/backup/verification.hpp"
#include "core/check/checks.hpp"
#include "core/time/schedule.hpp"
#include "core/time/time.hpp"

#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// When a set is drilled: on a schedule, or (none) after each new backup of the set, whoever took
/// it.
struct DrillTime {
    std::optional<Schedule> schedule;
};
Parsed<DrillTime> parse_value(std::string_view text, As<DrillTime>);

/// What an application asks, and as whom.
struct Queries {
    std::vector<std::string> texts;
    std::string role;  ///< that they run as; empty: as a superuser, whom no policy hides a row from
    std::string claims;  ///< JSON: what `auth.uid()` of Supabase and PostgREST reads of the user
};

/// The test restore of one set.
struct DrillSettings {
    DrillTime when;
    DrillPolicy policy;
    Duration timeout = std::chrono::hours(1);
    VerifyPolicy verify;
    Queries queries;  ///< must run in the restored database
};
void describe(Section& section, DrillSettings& drill);

}  // namespace backupwatch
