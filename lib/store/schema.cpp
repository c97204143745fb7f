#include "store/schema.hpp"

#include "core/failure.hpp"

#include <array>
#include <charconv>
#include <string>

namespace backupwatch {
namespace {

constexpr const char* first_step = R"sql(
CREATE TABLE streams (
    database TEXT NOT NULL, backup_set TEXT NOT NULL, kind TEXT NOT NULL,
    since INTEGER NOT NULL,            -- first sight
    last INTEGER NOT NULL,             -- the slot begun most recently, or first sight
    open INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (database, backup_set, kind)
) STRICT, WITHOUT ROWID;

-- Which slots were worked, for the decision; see SlotStretch.
CREATE TABLE slot_stretches (
    database TEXT NOT NULL, backup_set TEXT NOT NULL, kind TEXT NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL,
    PRIMARY KEY (database, backup_set, kind, first)
) STRICT, WITHOUT ROWID;

-- How each slot went, for people.
CREATE TABLE slots (
    database TEXT NOT NULL, backup_set TEXT NOT NULL, kind TEXT NOT NULL,
    instant INTEGER NOT NULL,          -- its identity
    late INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    result TEXT,
    PRIMARY KEY (database, backup_set, kind, instant)
) STRICT, WITHOUT ROWID;

CREATE TABLE sets (
    database TEXT NOT NULL, backup_set TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    PRIMARY KEY (database, backup_set)
) STRICT, WITHOUT ROWID;

CREATE TABLE findings (
    database TEXT NOT NULL, backup_set TEXT NOT NULL, check_name TEXT NOT NULL,
    severity TEXT NOT NULL,
    summary TEXT NOT NULL, value TEXT NOT NULL, threshold TEXT NOT NULL,
    since INTEGER,
    failures INTEGER NOT NULL,
    checked_at INTEGER NOT NULL,
    PRIMARY KEY (database, backup_set, check_name)
) STRICT, WITHOUT ROWID;

-- Completed ones as they were seen in listings, and takes of ours that failed.
CREATE TABLE backups (
    database TEXT NOT NULL, backup_set TEXT NOT NULL, id TEXT NOT NULL,
    status TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    size_bytes INTEGER,
    label TEXT NOT NULL,
    keep_until INTEGER,
    error TEXT NOT NULL,
    PRIMARY KEY (database, backup_set, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE drills (
    number INTEGER PRIMARY KEY,
    database TEXT NOT NULL, backup_set TEXT NOT NULL,
    backup_id TEXT NOT NULL,
    result TEXT NOT NULL,
    finished_at INTEGER NOT NULL,
    seconds REAL NOT NULL,
    error TEXT NOT NULL,
    verified_rows INTEGER NOT NULL,
    by_hand INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;
CREATE INDEX drills_of_a_set ON drills (database, backup_set, finished_at);

CREATE TABLE disk_samples (
    database TEXT NOT NULL,
    at INTEGER NOT NULL,
    used INTEGER NOT NULL, capacity INTEGER NOT NULL,
    PRIMARY KEY (database, at)
) STRICT, WITHOUT ROWID;

-- When a database's old rows were last looked at, and since when its clock runs without a jump.
CREATE TABLE pruning (
    database TEXT PRIMARY KEY,
    last INTEGER NOT NULL,
    steady_since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// A check that fails while its source cannot be read is silent, and goes on failing afterwards.
constexpr const char* silent_findings =
    "ALTER TABLE findings ADD COLUMN silent INTEGER NOT NULL DEFAULT 0";

// That an old backup restores proves nothing of a newer one: which was the newer must be known.
constexpr const char* times_of_drilled_backups = R"sql(
ALTER TABLE drills ADD COLUMN backup_at INTEGER;
UPDATE drills SET backup_at = (
    SELECT coalesce(finished_at, started_at) FROM backups
    WHERE backups.database = drills.database AND backups.backup_set = drills.backup_set
    AND id = backup_id
);
)sql";

constexpr const char* incidents_and_outbox = R"sql(
CREATE TABLE incidents (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: people acknowledge by it
    database TEXT NOT NULL, backup_set TEXT NOT NULL, check_name TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    ended_at INTEGER,
    acknowledged_until INTEGER,
    worst TEXT NOT NULL,
    finding TEXT NOT NULL,             -- JSON: as it stands
    told TEXT NOT NULL                 -- JSON: the ledger, an entry for each lane
) STRICT;
CREATE UNIQUE INDEX open_incidents ON incidents (database, backup_set, check_name)
    WHERE ended_at IS NULL;
CREATE INDEX ended_incidents ON incidents (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order in which they were made
    made_up INTEGER,                   -- what it is called if it was told while nothing was recorded
    notifier TEXT NOT NULL, recipient TEXT NOT NULL, endpoint TEXT NOT NULL,
    pages INTEGER NOT NULL,
    route TEXT NOT NULL,
    notice TEXT NOT NULL,              -- JSON
    attempts INTEGER NOT NULL DEFAULT 0,
    may_have_arrived INTEGER NOT NULL DEFAULT 0,
    unanswered INTEGER NOT NULL DEFAULT 0,
    plain INTEGER NOT NULL DEFAULT 0,
    batch INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX made_up_numbers ON outbox (made_up) WHERE made_up IS NOT NULL;

CREATE TABLE lanes (
    endpoint TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    not_before INTEGER,
    broken INTEGER NOT NULL,
    error TEXT NOT NULL,
    failing_since INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE silences (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    database TEXT NOT NULL, backup_set TEXT NOT NULL, check_name TEXT NOT NULL,
    made_at INTEGER NOT NULL, until INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;
)sql";

// What several databases share is told once, after a restart too.
constexpr const char* shared_causes = R"sql(
ALTER TABLE findings ADD COLUMN cause TEXT NOT NULL DEFAULT '';
ALTER TABLE findings ADD COLUMN cause_error TEXT NOT NULL DEFAULT '';
ALTER TABLE backups ADD COLUMN cause TEXT NOT NULL DEFAULT '';
)sql";

// So that its expiry is told also of a channel that has nothing to say meanwhile.
constexpr const char* certificates_of_lanes = R"sql(
ALTER TABLE lanes ADD COLUMN certificate_from INTEGER;
ALTER TABLE lanes ADD COLUMN certificate_until INTEGER;
ALTER TABLE lanes ADD COLUMN certificate_shown_at INTEGER;
)sql";

// A notice may be given another address twice, and a restart in between.
constexpr const char* names_of_moved_notices =
    "ALTER TABLE outbox ADD COLUMN named_for TEXT NOT NULL DEFAULT ''";

// What a dump lacks is lost until somebody accepts it, though the dump before it be gone.
constexpr const char* shapes = R"sql(
CREATE TABLE shapes (
    database TEXT NOT NULL, backup_set TEXT NOT NULL,
    newest TEXT NOT NULL,              -- id of the dump that was compared last
    newest_at INTEGER NOT NULL,
    tables INTEGER NOT NULL,
    is_first INTEGER NOT NULL,
    PRIMARY KEY (database, backup_set)
) STRICT, WITHOUT ROWID;
CREATE TABLE shape_losses (
    database TEXT NOT NULL, backup_set TEXT NOT NULL,
    position INTEGER NOT NULL,
    reference TEXT NOT NULL,           -- id of the last dump that had it
    table_name TEXT NOT NULL,
    sentence TEXT NOT NULL,
    PRIMARY KEY (database, backup_set, position)
) STRICT, WITHOUT ROWID;
)sql";

// A backup that was taken is owed to the program of `after_backup`, whatever ends us meanwhile.
constexpr const char* hook_runs = R"sql(
CREATE TABLE hook_runs (
    database TEXT NOT NULL, backup_set TEXT NOT NULL,
    backup_id TEXT NOT NULL,
    backup_at INTEGER NOT NULL,
    state TEXT NOT NULL,               -- owed | begun | done | failed
    tries INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    seconds REAL NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (database, backup_set, backup_id)
) STRICT, WITHOUT ROWID;
)sql";

// A file of another tool may take hours to be read to its end, and the last that was of its
// database may be written over by one that is not.
constexpr const char* file_verdicts = R"sql(
CREATE TABLE file_verdicts (
    database TEXT NOT NULL, backup_set TEXT NOT NULL,
    backup_id TEXT NOT NULL,
    stamp TEXT NOT NULL,               -- of the file as it was read
    judge TEXT NOT NULL,               -- who read it: any other reads it again
    judged_at INTEGER NOT NULL,
    backup_at INTEGER NOT NULL,
    status TEXT NOT NULL,
    error TEXT NOT NULL,
    kinship TEXT NOT NULL,             -- own | other | undecided
    content TEXT NOT NULL,             -- what a drill needs to know of it
    PRIMARY KEY (database, backup_set, backup_id, stamp)
) STRICT;
)sql";

// What the next dump is held against may be written over, or removed by whoever made it.
constexpr const char* kept_shapes = R"sql(
CREATE TABLE kept_shapes (
    database TEXT NOT NULL, backup_set TEXT NOT NULL,
    position INTEGER NOT NULL,         -- 0: the newest; else what one before it had and is lost
    backup_id TEXT NOT NULL,
    table_name TEXT NOT NULL,
    row_count INTEGER NOT NULL,
    columns TEXT NOT NULL,             -- a JSON array
    PRIMARY KEY (database, backup_set, position, table_name)
) STRICT, WITHOUT ROWID;
)sql";

// What people note and confirm by hand, which nothing else knows.
constexpr const char* marks_and_attestations = R"sql(
CREATE TABLE marks (
    number INTEGER PRIMARY KEY,
    database TEXT NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,                -- noted | gate_overridden
    text TEXT NOT NULL
) STRICT;
CREATE INDEX marks_of_a_database ON marks (database, at);
CREATE TABLE attestations (
    database TEXT NOT NULL, item TEXT NOT NULL,
    attested_by TEXT NOT NULL,
    at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    minutes INTEGER,
    file TEXT NOT NULL,                -- evidence: its path and SHA-256, or empty
    PRIMARY KEY (database, item)
) STRICT, WITHOUT ROWID;
)sql";

// A provider says how things are, and nobody but us remembers how they were.
constexpr const char* what_providers_said = R"sql(
CREATE TABLE source_notes (
    database TEXT NOT NULL, backup_set TEXT NOT NULL,
    note TEXT NOT NULL,                -- JSON, of the source's own
    PRIMARY KEY (database, backup_set)
) STRICT, WITHOUT ROWID;
CREATE TABLE evidence (
    database TEXT NOT NULL, backup_set TEXT NOT NULL,
    taken_at INTEGER NOT NULL,
    document TEXT NOT NULL,            -- JSON: the replies, word for word
    PRIMARY KEY (database, backup_set, taken_at)
) STRICT;
)sql";

// What retention removed was a backup once: who asks later is told how it was.
constexpr const char* removed_backups = "ALTER TABLE backups ADD COLUMN removed_at INTEGER";

// Of a set that is dumped every few minutes, a hundred thousand that are gone.
constexpr const char* backups_that_are_there =
    "CREATE INDEX backups_that_are_there ON backups (database, backup_set, status, started_at, id) "
    "WHERE removed_at IS NULL";

// What is asked night after night reads what it needs, however many nights lie behind it.
constexpr const char* indices_of_each_night = R"sql(
DROP INDEX drills_of_a_set;
CREATE INDEX drills_of_a_set ON drills (database, backup_set);  -- and so in the order of number
CREATE INDEX passed_drills ON drills (database, backup_set) WHERE result = 'passed';
CREATE INDEX drills_by_time ON drills (database, finished_at);
DROP INDEX backups_that_are_there;
CREATE INDEX backups_that_are_there
    ON backups (database, backup_set, status, coalesce(finished_at, started_at), id)
    WHERE removed_at IS NULL;
CREATE INDEX backups_by_time ON backups (database, coalesce(finished_at, started_at));
CREATE INDEX silences_by_end ON silences (until);
)sql";

constexpr std::array steps_of_this_program{
    first_step,
    silent_findings,
    times_of_drilled_backups,
    incidents_and_outbox,
    shared_causes,
    certificates_of_lanes,
    names_of_moved_notices,
    shapes,
    hook_runs,
    file_verdicts,
    kept_shapes,
    marks_and_attestations,
    what_providers_said,
    removed_backups,
    backups_that_are_there,
    indices_of_each_night};

constexpr const char* meta_table =
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID";

int count_tables(Database& database, const char* sql) {
    int count = 0;
    Query query = database.query(sql);
    query.next();
    query.read(count);
    return count;
}

/// 0 for an empty file.
std::size_t version_of(Database& database) {
    const int all = count_tables(database, "SELECT count(*) FROM sqlite_schema");
    if (all == 0) return 0;

    const int meta = count_tables(
        database, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'meta'"
    );
    std::string text;
    if (meta == 1) {
        Query query = database.query("SELECT value FROM meta WHERE key = 'schema'");
        if (query.next()) query.read(text);
    }
    std::size_t version = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, version);
    if (text.empty() || error != std::errc() || stopped != end) {
        throw Failure(Failure::Kind::corrupt, "the file is no state of backupwatch");
    }
    return version;
}

void refuse_newer(std::size_t version, std::size_t known) {
    if (version <= known) return;
    throw Failure(
        Failure::Kind::rejected,
        "the state has schema " + std::to_string(version) + ", this program knows it up to " +
            std::to_string(known),
        "Run the newer backupwatch that wrote it, or move the state folder away."
    );
}

}  // namespace

std::span<const char* const> schema_steps() {
    return steps_of_this_program;
}

void bring_up_to_date(Database& database, std::span<const char* const> steps) {
    // Reading first: a state that is up to date, or newer, is not written to.
    std::size_t version = version_of(database);
    refuse_newer(version, steps.size());
    while (version < steps.size()) {
        Transaction transaction(database);
        version = version_of(database);  // another process may have been quicker
        refuse_newer(version, steps.size());
        if (version == steps.size()) return;
        if (version == 0) database.script(meta_table);
        database.script(steps[version]);
        ++version;
        database.execute(
            "INSERT INTO meta VALUES ('schema', ?1) ON CONFLICT (key) DO UPDATE SET value = ?1",
            std::to_string(version)
        );
        transaction.commit();
    }
}

}  // namespace backupwatch
