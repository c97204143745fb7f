#pragma once
#include "core/check/checks.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace backupwatch {

/// The name of every check that such a set can have, whether it has anything to say now or not:
/// what is shown before the first look.
std::vector<std::string_view> checks_of(const SetPolicy& policy);

/// The checks of one set, each in a file of its own: pure, and nothing where it has to be silent
/// (DESIGN 2.2 "cannot tell is not fine"). Wording and rule live together, so that the sentence
/// says what was decided.

/// Is there a completed backup that is young enough? Critical otherwise, unknown where the source
/// could not be read, waiting (ok) while the first one may still come.
Finding check_backup(const SetPolicy& policy, const SetObservation& observed, Instant now);

/// Do the restore points reach back as far as promised, without a hole, and is none gone early?
std::optional<Finding> check_retention(
    const SetPolicy& policy, const SetObservation& observed, Instant now
);

/// Is the newest backup about as large as those before it?
std::optional<Finding> check_size(const SetObservation& observed, Instant now);

/// Does the newest backup hold what those before it held, and all that it could?
std::optional<Finding> check_shape(const SetObservation& observed, Instant now);

/// Did the last drill pass, quickly enough and lately enough?
std::optional<Finding> check_restore(
    const SetPolicy& policy, const SetObservation& observed, Instant now
);

/// Was the program of `after_backup` done with the last backup that was handed to it, and is none
/// owed to it for longer than its turn may take? What lies where the backups are does not matter
/// for that.
std::optional<Finding> check_hook(
    const SetPolicy& policy, const SetObservation& observed, Instant now
);

/// Instead of the rule for single backups: is there one to any moment, or none by the plan? Nothing
/// where single backups are what counts.
std::optional<Finding> check_backup_by_provider(
    const SetPolicy& policy, const SetObservation& observed, Instant now
);
/// The same of `retention`: does the stretch reach back as far as promised and bought? Nothing
/// where there is none yet.
std::optional<Finding> check_retention_by_provider(
    const SetPolicy& policy, const PointInTime& pitr, Instant now
);
/// Is there a backup to any moment, where one is asked for, and is it up to date? A database that
/// nobody writes to has nothing to archive.
std::optional<Finding> check_pitr(
    const SetPolicy& policy, const SetObservation& observed, Instant now
);
/// Is all well with what the provider keeps beside the backups?
std::optional<Finding> check_project(const SetPolicy& policy, const SetObservation& observed);

/// How many backups did not come since the last, of `last`: by the time of day at which the
/// provider takes them, where it tells that; else by how old the last is.
int backups_overdue(
    const SetPolicy& policy, const SetObservation& observed, Instant last, Instant now
);

/// From when on a first backup is owed: since what is backed up exists, where that is told.
Instant owed_since(const SetObservation& observed, Instant now);

/// Can the source be read? Unknown from the third failed look on.
Finding check_source(const SetPolicy& policy, const SourceHealth& source, Instant now);

/// Whether the clock cannot tell how old this is: then no verdict of lateness is given, and none
/// of being in time either.
inline bool is_age_in_doubt(const SetObservation& observed, Instant instant) {
    return observed.clock_doubted_before && instant < *observed.clock_doubted_before;
}
/// Beside the threshold that is not applied for that.
inline constexpr const char* held_in_words = ", not held against it while the clock is in doubt";

/// In how many periods the source could not be read; 0 while it is only being tried again.
int unreadable_periods(const SourceHealth& source, Duration every, Instant now);

}  // namespace backupwatch
