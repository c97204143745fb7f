#pragma once
#include "async/task.hpp"
#include "core/backup/backup.hpp"
#include "core/backup/evidence.hpp"
#include "core/backup/file_verdict.hpp"
#include "core/backup/hook.hpp"
#include "core/backup/mark.hpp"
#include "core/check/attestation.hpp"
#include "core/check/checks.hpp"
#include "core/check/finding.hpp"
#include "core/incident/incident.hpp"
#include "core/incident/outbox.hpp"
#include "core/time/slots.hpp"
#include "store/past.hpp"

#include <compare>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// One schedule of one set. kind: take | check | poll | drill | after_backup | disk.
struct StreamKey {
    std::string database;
    std::string set;  ///< empty for disk
    std::string kind;

    friend auto operator<=>(const StreamKey&, const StreamKey&) = default;
};

/// A drill as it is kept: the outcome that checks look at, and the whole document for people.
struct DrillRecord {
    std::string database;
    std::string set;
    DrillOutcome outcome;
    std::uint64_t verified_rows = 0;
    bool by_hand = false;  ///< asked for by a person: fails without counting
    std::string document;  ///< the JSON of `drill --json`
};

/// What follows from the findings for people. Called within the transaction, with the incidents of
/// that database as they are then, whichever process opened them.
using AlertJudge =
    std::function<Judgement(const std::vector<Incident>& open, const std::vector<Silence>&)>;

/// What an AlertJudge said, as it is recorded: with its numbers.
struct Recorded {
    std::vector<Incident> changed;    ///< with the number, too, that they had in memory
    std::vector<Incident> unchanged;  ///< the others of that database that are open
    std::vector<Pending> notices;
    std::optional<Instant> wake;
    std::vector<KeptNotice> kept{};  ///< recorded at last; with the number of their incident
    /// Outcome::as_of is not the last word: nothing was judged.
    bool is_stale = false;
    std::size_t late_answers = 0;  ///< as the judgement has it
};

/// What one piece of work brought, committed whole or not at all.
struct Outcome {
    struct Slot {
        StreamKey stream;
        Instant slot;
        std::string result;  ///< ok | failed | unknown | interrupted
    };
    std::optional<Slot> closes;
    /// Findings as computed: all that now stand for `database` and `set`, so a check left out is
    /// silent and its finding goes; none: nothing was checked, nothing changes. Of a failing one
    /// `since` is kept from the failing one that it replaces, or is its own, or is `at`.
    std::vector<Finding> findings;
    /// The source could not be read: a check left out goes on failing unseen, and its `since` is
    /// kept for when it speaks again.
    bool is_blind = false;
    /// A dump of ours that failed after its tries: an entry of the inventory from now on.
    std::optional<Backup> failed_take;
    std::optional<DrillRecord> drill;
    std::optional<DiskSample> disk;
    /// Completed backups as listed, added to those seen before, to notice those that vanish.
    std::vector<Backup> seen;
    /// Ids that retention removed, no longer to be missed; history keeps them.
    std::vector<std::string> expired;
    /// A backup that is owed to the program of `after_backup`, or how handing it over ended.
    std::optional<HookRun> hook_run{};
    /// What somebody noted, told or not.
    std::optional<NotedMark> mark{};
    /// What is to be told of it is recorded with it, or nothing is.
    AlertJudge judge;
    /// Judged without a look of its own, by looks up to then: where the state holds a later one of
    /// this set, by another process, nothing is judged.
    std::optional<Instant> as_of;
    std::string database;
    std::string set;
    Instant at;
};

/// A finding as it stands, and when it was last looked at.
struct RecordedFinding {
    Finding finding;
    Instant checked_at;
    bool is_silent = false;  ///< stands for nothing now: only `since` is kept, see is_blind
};

/// How sending to a lane went, as it is kept: by civil time, which survives a restart.
struct KeptLane {
    std::string endpoint;
    int failures = 0;
    int refused = 0;  ///< notices in a row, even in bare words
    std::optional<Instant> not_before;
    bool is_broken = false;
    std::string error;
    std::optional<Instant> failing_since;
    std::optional<ShownCertificate> certificate{};  ///< the last that the remote end showed
};

/// Notices that are not delivered yet, in the order in which they were made.
struct Outbox {
    std::vector<Pending> pending;
    std::vector<KeptLane> lanes;
    std::int64_t last = 0;  ///< number that was ever given: all up to it are here, or gone
};

/// What came of a send.
struct Settlement {
    KeptLane lane;
    std::vector<Pending> changed;
    std::vector<std::int64_t> gone;  ///< told, merged into another, or dropped
    std::vector<Answer> answers;     ///< for the ledgers
};
/// Both as one: what the store refused is recorded at once when it takes it.
void add(Settlement& settlement, Settlement later);

/// What must survive a restart. One SQLite file (WAL, synchronous=FULL); transactions are short and
/// may come from a second process. Used on the loop; works on a thread of its own.
/// Every verb throws Failure: exhausted (disk full; works again when there is room), timeout
/// (another process holds it), missing (the file was taken away), corrupt (and then every verb
/// does, until a restart moves the file aside), unreachable (the disk fails), denied.
class Store {
  public:
    /// `callers`: without a thread, each verb is done when it returns. For simulations, which poll
    /// one loop.
    enum class Thread { own, callers };

    /// Opens or creates it, bringing an older schema up to date. A damaged file is moved aside as
    /// `state.db.damaged-<time>`, said by damaged_files(), and a new one begun: an alarm that is
    /// seen, never a crash loop. Throws Failure where even that cannot be done, or where the
    /// schema is newer than this program knows.
    static Task<std::unique_ptr<Store>> open(
        std::filesystem::path state_dir, Instant now, Thread thread = Thread::own
    );
    /// A state without a file, on the caller's thread.
    static std::unique_ptr<Store> in_memory();
    virtual ~Store() = default;

    /// `first_sight` is what a stream never seen gets, durably.
    virtual Task<SlotHistory> history(StreamKey stream, Instant first_sight) = 0;
    /// Records, before any work, that this slot begins: the history is `opened` from then on.
    virtual Task<> open_slot(StreamKey stream, DueSlot slot, Instant now) = 0;
    /// All of it or nothing. Throws Failure::rejected where the slot was closed before. Also
    /// removes what of this database is too old (store/pruning.hpp).
    virtual Task<Recorded> commit(Outcome outcome) = 0;

    /// When the set was first seen; recorded now if it never was. One in the future of `now` was a
    /// wrong clock's: corrected to `now`, durably, and counted.
    virtual Task<Instant> first_sight(std::string database, std::string set, Instant now) = 0;
    /// How many first sights were corrected since this was opened.
    virtual int corrected_first_sights() const { return 0; }
    virtual Task<std::vector<RecordedFinding>> findings() = 0;
    /// Oldest first, as the next.
    virtual Task<std::vector<Backup>> failed_takes(std::string database, std::string set) = 0;
    /// Those taken at or after `since`.
    virtual Task<std::vector<Backup>> seen(
        std::string database, std::string set, Instant since
    ) = 0;
    /// What is known of what its dumps hold; none: none was ever compared.
    virtual Task<std::optional<ShapeJudgement>> shape(std::string database, std::string set) = 0;
    virtual Task<> keep_shape(std::string database, std::string set, ShapeJudgement shape) = 0;
    /// How handing over its backups stands, oldest first: what is not over, and what is judged by.
    virtual Task<std::vector<HookRun>> hook_runs(std::string database, std::string set) = 0;
    virtual Task<> keep_hook_run(std::string database, std::string set, HookRun run) = 0;
    /// The files of other tools of which is kept what was found in them, oldest backup first.
    virtual Task<std::vector<FileKey>> judged_files(std::string database, std::string set) = 0;
    /// Of one of them, since of all it may be more than fits into memory. None: it is not kept.
    virtual Task<std::optional<FileVerdict>> file_verdict(
        std::string database, std::string set, FileKey file
    ) = 0;
    virtual Task<> keep_file_verdicts(
        std::string database, std::string set, FileVerdictChange change
    ) = 0;
    /// Oldest first, those at or after `since`.
    virtual Task<std::vector<NotedMark>> marks(std::string database, Instant since) = 0;
    /// Of every database at most `each`, those at or after `since`; oldest first.
    virtual Task<std::vector<NotedMark>> newest_marks(Instant since, int each) = 0;
    virtual Task<Past> past(PastQuestion question) = 0;
    /// The last of each item, expired or not.
    virtual Task<std::vector<Attestation>> attestations(std::string database) = 0;
    virtual Task<> keep_attestation(Attestation attestation) = 0;
    /// What its source keeps for itself; empty: nothing.
    virtual Task<std::string> source_note(std::string database, std::string set) = 0;
    virtual Task<> keep_source_note(std::string database, std::string set, std::string note) = 0;
    /// What its provider said, oldest first.
    virtual Task<std::vector<Evidence>> evidence(std::string database, std::string set) = 0;
    virtual Task<> keep_evidence(std::string database, std::string set, Evidence evidence) = 0;
    /// The one recorded last first, whatever the clock said then.
    virtual Task<std::vector<DrillRecord>> drills(
        std::string database, std::string set, int limit
    ) = 0;
    /// The same, those left out that are not judged (core/backup/judged_drill.hpp), and all
    /// documents.
    virtual Task<std::vector<DrillOutcome>> judged_drills(
        std::string database, std::string set, int limit
    ) = 0;
    virtual Task<std::optional<DrillRecord>> last_passed_drill(
        std::string database, std::string set
    ) = 0;
    /// Oldest first, at most 2,000, thinned out by age.
    virtual Task<std::vector<DiskSample>> disk_samples(std::string database, Instant since) = 0;
    /// Open ones, and those that ended at or after `since`; oldest first.
    virtual Task<std::vector<Incident>> incidents(Instant since) = 0;
    /// Those that are not over yet. Also removes those that are over for a year.
    virtual Task<std::vector<Silence>> silences(Instant now) = 0;
    /// Returns it with its number.
    virtual Task<Silence> add_silence(Silence silence) = 0;
    /// False: there is none with that number.
    virtual Task<bool> remove_silence(std::int64_t id) = 0;
    /// Those made after the one with that number; 0: all.
    virtual Task<Outbox> outbox(std::int64_t after) = 0;
    virtual Task<> settle(Settlement settlement) = 0;
    /// Writes and reads a row: what /readyz asks.
    virtual Task<> probe(Instant now) = 0;
    /// States moved aside, now or at an earlier start, until someone takes the files away.
    virtual std::vector<std::filesystem::path> damaged_files() const = 0;
};

}  // namespace backupwatch
