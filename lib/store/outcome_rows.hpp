#pragma once
#include "store/database.hpp"
#include "store/store.hpp"

#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

// What work brings, as rows. Those that write are called within a transaction.

struct FirstSight {
    Instant at;
    bool is_corrected = false;  ///< it lay in the future, and is now from now on
};
FirstSight read_first_sight(
    Database& database, const std::string& name, const std::string& set, Instant now
);

void write_findings(Database& database, const Outcome& outcome);
std::vector<RecordedFinding> read_findings(Database& database);

/// What backup_of() reads, from the column `first` on.
inline constexpr auto backup_columns =
    "id, status, started_at, finished_at, size_bytes, label, keep_until, error, cause";
Backup backup_of(const Query& row, int first);
/// Adds or replaces; a failed one never replaces a completed one.
void write_backup(Database& database, const Outcome& outcome, const Backup& backup);
/// What retention removed is missed by nobody, and history from then on.
void forget_backups(Database& database, const Outcome& outcome);
/// Without those that retention removed, and those from before `since`.
std::vector<Backup> read_backups(
    Database& database,
    const std::string& name,
    const std::string& set,
    BackupStatus status,
    Instant since
);

/// What drill_outcome_of() reads, from the column `first` on: all but `backup_at`, which lies
/// behind the document.
inline constexpr auto drill_outcome_columns = "backup_id, result, finished_at, seconds, error";
DrillOutcome drill_outcome_of(const Query& row, int first);
void write_drill(Database& database, const DrillRecord& drill);
std::vector<DrillRecord> read_drills(
    Database& database, const std::string& name, const std::string& set, int limit
);
std::vector<DrillOutcome> read_judged_drills(
    Database& database, const std::string& name, const std::string& set, int limit
);
std::optional<DrillRecord> read_last_passed_drill(
    Database& database, const std::string& name, const std::string& set
);

void write_disk_sample(Database& database, const std::string& name, const DiskSample& sample);
std::vector<DiskSample> read_disk_samples(
    Database& database, const std::string& name, Instant since
);

}  // namespace backupwatch
