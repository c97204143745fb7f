#include "store/past_rows.hpp"

#include "store/alert_rows.hpp"
#include "store/mark_rows.hpp"
#include "store/outcome_rows.hpp"

#include <algorithm>
#include <string>

namespace backupwatch {
namespace {

/// Their columns, those that are asked for elsewhere, too, last; where they lie, of which database
/// (?1) and since when (?2); and how they are asked for.
struct KindOfPast {
    const char* own_columns;
    const char* columns;
    const char* rows;
    const char* newest_first;
};

constexpr KindOfPast backups_of_past{
    "backup_set, removed_at, ",
    backup_columns,
    "backups WHERE database = ?1 AND coalesce(finished_at, started_at) >= ?2",
    "coalesce(finished_at, started_at) DESC, id DESC"};

// Not `backup_at`, which lies behind the document: of hundreds, all documents would be read.
constexpr KindOfPast drills_of_past{
    "backup_set, verified_rows, by_hand, ",
    drill_outcome_columns,
    "drills WHERE database = ?1 AND finished_at >= ?2",
    "finished_at DESC, number DESC"};

constexpr KindOfPast incidents_of_past{
    "",
    incident_columns,
    "incidents WHERE database = ?1 AND (ended_at IS NULL OR ended_at >= ?2)",
    "opened_at DESC, number DESC"};

constexpr KindOfPast marks_of_past{
    "", mark_columns, "marks WHERE database = ?1 AND at >= ?2", "at DESC, number DESC"};

template <class Entry, class ReadEntry>
Newest<Entry> read_newest(
    Database& database, const KindOfPast& kind, const PastQuestion& question, ReadEntry read_entry
) {
    std::uint64_t count = 0;
    {
        Query query = database.query(
            std::string("SELECT count(*) FROM ") + kind.rows, question.database, question.since
        );
        query.next();
        query.read(count);
    }
    Newest<Entry> newest;
    Query query = database.query(
        std::string("SELECT ") + kind.own_columns + kind.columns + " FROM " + kind.rows +
            " ORDER BY " + kind.newest_first + " LIMIT ?3",
        question.database,
        question.since,
        question.limit
    );
    while (query.next()) newest.entries.push_back(read_entry(query));
    std::reverse(newest.entries.begin(), newest.entries.end());
    // Another process may have added some since they were counted.
    newest.older = std::max<std::size_t>(count, newest.entries.size()) - newest.entries.size();
    return newest;
}

PastBackup past_backup_of(const Query& row) {
    PastBackup past;
    row.read(past.set, past.removed_at);
    past.backup = backup_of(row, 2);
    return past;
}

PastDrill past_drill_of(const Query& row) {
    PastDrill drill;
    row.read(drill.set, drill.verified_rows, drill.by_hand);
    drill.outcome = drill_outcome_of(row, 3);
    return drill;
}

}  // namespace

Past read_past(Database& database, const PastQuestion& question) {
    Past past;
    past.backups = read_newest<PastBackup>(database, backups_of_past, question, past_backup_of);
    past.drills = read_newest<PastDrill>(database, drills_of_past, question, past_drill_of);
    past.incidents = read_newest<Incident>(database, incidents_of_past, question, incident_of);
    past.marks = read_newest<NotedMark>(database, marks_of_past, question, mark_of);
    past.attestations = read_attestations(database, question.database);
    std::erase_if(past.attestations, [&](const Attestation& attestation) {
        return attestation.at < question.since;
    });
    return past;
}

std::vector<NotedMark> read_newest_marks(Database& database, Instant since, int each) {
    std::vector<NotedMark> marks;
    Query query = database.query(
        std::string("SELECT ") + mark_columns +
            " FROM (SELECT *, row_number() OVER (PARTITION BY database ORDER BY at DESC, number "
            "DESC) AS place FROM marks WHERE at >= ?1) WHERE place <= ?2 ORDER BY at, number",
        since,
        each
    );
    while (query.next()) marks.push_back(mark_of(query));
    return marks;
}

}  // namespace backupwatch
