#include "store/outcome_rows.hpp"

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

constexpr int most_disk_samples = 2000;

constexpr auto insert_finding =
    "INSERT INTO findings (database, backup_set, check_name, severity, summary, value, threshold, "
    "since, failures, checked_at, cause, cause_error) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) "
    "ON CONFLICT DO UPDATE SET severity = ?4, summary = ?5, value = ?6, threshold = ?7, "
    // A spell of failing goes on from the finding that this one replaces.
    "since = CASE WHEN ?4 = 'ok' OR severity = 'ok' THEN ?8 ELSE since END, "
    "failures = ?9, checked_at = ?10, silent = 0, cause = ?11, cause_error = ?12";

constexpr auto insert_backup =
    "INSERT INTO backups (database, backup_set, id, status, started_at, finished_at, size_bytes, "
    "label, keep_until, error, cause) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "
    "ON CONFLICT DO UPDATE SET status = ?4, started_at = ?5, finished_at = ?6, size_bytes = ?7, "
    "label = ?8, keep_until = ?9, error = ?10, cause = ?11, removed_at = NULL WHERE ?4 = "
    "'completed' OR status <> "
    "'completed'";

/// `use` gets what of a backup is kept, in the order of backup_columns.
template <class Kept, class Use>
void with_columns(Kept& backup, const Use& use) {
    use(backup.id,
        backup.status,
        backup.started_at,
        backup.finished_at,
        backup.size_bytes,
        backup.label,
        backup.keep_until,
        backup.error,
        backup.cause);
}

constexpr auto insert_drill =
    "INSERT INTO drills (database, backup_set, backup_id, result, finished_at, seconds, error, "
    "verified_rows, by_hand, document, backup_at) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";

constexpr auto drill_columns =
    "database, backup_set, verified_rows, by_hand, document, backup_at, ";

DrillRecord drill_of(const Query& row) {
    DrillRecord drill;
    std::optional<Instant> backup_at;
    row.read(
        drill.database, drill.set, drill.verified_rows, drill.by_hand, drill.document, backup_at
    );
    drill.outcome = drill_outcome_of(row, 6);
    drill.outcome.backup_at = backup_at;
    return drill;
}

std::string select_drills(const char* columns, const char* which) {
    return std::string("SELECT ") + columns + drill_outcome_columns + " FROM drills WHERE " + which;
}

void write_finding(Database& database, const Finding& finding, Instant at) {
    const bool failing = finding.severity != Severity::ok;
    std::optional<Instant> since;
    if (failing) since = finding.since.value_or(at);
    database.execute(
        insert_finding,
        finding.database,
        finding.set,
        finding.check,
        finding.severity,
        finding.summary,
        finding.value,
        finding.threshold,
        since,
        finding.failures,
        at,
        finding.cause.name,
        finding.cause.error
    );
}

}  // namespace

FirstSight read_first_sight(
    Database& database, const std::string& name, const std::string& set, Instant now
) {
    database.execute("INSERT INTO sets VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING", name, set, now);
    const int corrected = database.execute(
        "UPDATE sets SET first_seen = ?3 WHERE database = ?1 AND backup_set = ?2 "
        "AND first_seen > ?3",
        name,
        set,
        now
    );
    Instant first_seen;
    Query query = database.query(
        "SELECT first_seen FROM sets WHERE database = ?1 AND backup_set = ?2", name, set
    );
    query.next();
    query.read(first_seen);
    return {first_seen, corrected > 0};
}

void write_findings(Database& database, const Outcome& outcome) {
    if (outcome.findings.empty()) return;
    for (const Finding& finding : outcome.findings) write_finding(database, finding, outcome.at);

    // What was left out is silent now; an old "ok" would be a green light without proof.
    std::vector<std::string> silent;
    {
        Query query = database.query(
            "SELECT check_name FROM findings WHERE database = ?1 AND backup_set = ?2",
            outcome.database,
            outcome.set
        );
        while (query.next()) query.read(silent.emplace_back());
    }
    const auto& spoken = outcome.findings;
    for (const std::string& check : silent) {
        const bool speaks = std::any_of(spoken.begin(), spoken.end(), [&](const Finding& finding) {
            return finding.check == check && finding.set == outcome.set;
        });
        if (speaks) continue;
        if (outcome.is_blind) {
            database.execute(
                "UPDATE findings SET silent = 1 "
                "WHERE database = ?1 AND backup_set = ?2 AND check_name = ?3",
                outcome.database,
                outcome.set,
                check
            );
            continue;
        }
        database.execute(
            "DELETE FROM findings WHERE database = ?1 AND backup_set = ?2 AND check_name = ?3",
            outcome.database,
            outcome.set,
            check
        );
    }
}

std::vector<RecordedFinding> read_findings(Database& database) {
    std::vector<RecordedFinding> found;
    Query query = database.query(
        "SELECT database, backup_set, check_name, severity, summary, value, threshold, since, "
        "failures, checked_at, silent, cause, cause_error FROM findings ORDER BY database, "
        "backup_set, check_name"
    );
    while (query.next()) {
        auto& [finding, checked_at, is_silent] = found.emplace_back();
        query.read(
            finding.database,
            finding.set,
            finding.check,
            finding.severity,
            finding.summary,
            finding.value,
            finding.threshold,
            finding.since,
            finding.failures,
            checked_at,
            is_silent,
            finding.cause.name,
            finding.cause.error
        );
    }
    return found;
}

Backup backup_of(const Query& row, int first) {
    Backup backup;
    with_columns(backup, [&](auto&... columns) { row.read_from(first, columns...); });
    return backup;
}

void write_backup(Database& database, const Outcome& outcome, const Backup& backup) {
    with_columns(backup, [&](const auto&... columns) {
        database.execute(insert_backup, outcome.database, outcome.set, columns...);
    });
}

void forget_backups(Database& database, const Outcome& outcome) {
    for (const std::string& id : outcome.expired) {
        database.execute(
            "UPDATE backups SET removed_at = ?4 "
            "WHERE database = ?1 AND backup_set = ?2 AND id = ?3",
            outcome.database,
            outcome.set,
            id,
            outcome.at
        );
    }
}

std::vector<Backup> read_backups(
    Database& database,
    const std::string& name,
    const std::string& set,
    BackupStatus status,
    Instant since
) {
    std::vector<Backup> found;
    Query query = database.query(
        std::string("SELECT ") + backup_columns +
            " FROM backups WHERE database = ?1 AND backup_set = ?2 AND status = ?3 "
            "AND removed_at IS NULL AND coalesce(finished_at, started_at) >= ?4 "
            "ORDER BY coalesce(finished_at, started_at), id",
        name,
        set,
        status,
        since
    );
    while (query.next()) found.push_back(backup_of(query, 0));
    return found;
}

DrillOutcome drill_outcome_of(const Query& row, int first) {
    DrillOutcome outcome;
    row.read_from(
        first,
        outcome.backup_id,
        outcome.result,
        outcome.finished_at,
        outcome.seconds,
        outcome.error
    );
    return outcome;
}

void write_drill(Database& database, const DrillRecord& drill) {
    const DrillOutcome& outcome = drill.outcome;
    database.execute(
        insert_drill,
        drill.database,
        drill.set,
        outcome.backup_id,
        outcome.result,
        outcome.finished_at,
        outcome.seconds,
        outcome.error,
        drill.verified_rows,
        drill.by_hand ? 1 : 0,
        drill.document,
        outcome.backup_at
    );
}

// By the order in which they were recorded: one that a clock of the future dated must not hide all
// that follow. The inner SELECT, so that only the documents that are asked for are read.
std::vector<DrillRecord> read_drills(
    Database& database, const std::string& name, const std::string& set, int limit
) {
    std::vector<DrillRecord> found;
    Query query = database.query(
        select_drills(
            drill_columns,
            "number IN (SELECT number FROM drills WHERE database = ?1 AND backup_set = ?2 "
            "ORDER BY number DESC LIMIT ?3) ORDER BY number DESC"
        ),
        name,
        set,
        limit
    );
    while (query.next()) found.push_back(drill_of(query));
    return found;
}

// The inner SELECT as above: `backup_at` lies behind the document.
std::vector<DrillOutcome> read_judged_drills(
    Database& database, const std::string& name, const std::string& set, int limit
) {
    std::vector<DrillOutcome> found;
    Query query = database.query(
        select_drills(
            "backup_at, ",
            "number IN (SELECT number FROM drills WHERE database = ?1 AND backup_set = ?2 "
            "AND (by_hand = 0 OR result = 'passed') ORDER BY number DESC LIMIT ?3) "
            "ORDER BY number DESC"
        ),
        name,
        set,
        limit
    );
    while (query.next()) {
        DrillOutcome drill = drill_outcome_of(query, 1);
        query.read(drill.backup_at);
        found.push_back(std::move(drill));
    }
    return found;
}

std::optional<DrillRecord> read_last_passed_drill(
    Database& database, const std::string& name, const std::string& set
) {
    Query query = database.query(
        select_drills(
            drill_columns,
            "number = (SELECT max(number) FROM drills WHERE database = ?1 AND backup_set = ?2 "
            "AND result = 'passed')"
        ),
        name,
        set
    );
    if (!query.next()) return std::nullopt;
    return drill_of(query);
}

void write_disk_sample(Database& database, const std::string& name, const DiskSample& sample) {
    database.execute(
        "INSERT INTO disk_samples VALUES (?1, ?2, ?3, ?4) "
        "ON CONFLICT DO UPDATE SET used = ?3, capacity = ?4",
        name,
        sample.at,
        sample.used,
        sample.capacity
    );
}

std::vector<DiskSample> read_disk_samples(
    Database& database, const std::string& name, Instant since
) {
    std::vector<DiskSample> found;
    Query query = database.query(
        "SELECT at, used, capacity FROM disk_samples WHERE database = ?1 AND at >= ?2 "
        "ORDER BY at DESC LIMIT ?3",
        name,
        since,
        most_disk_samples
    );
    while (query.next()) {
        DiskSample& sample = found.emplace_back();
        query.read(sample.at, sample.used, sample.capacity);
    }
    std::reverse(found.begin(), found.end());
    return found;
}

}  // namespace backupwatch
