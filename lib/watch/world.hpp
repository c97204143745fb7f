#pragma once
#include "async/clock.hpp"
#include "async/hanging_calls.hpp"
#include "async/pool.hpp"
#include "async/semaphore.hpp"
#include "core/check/checks.hpp"
#include "core/check/our_checks.hpp"
#include "core/time/clock_step.hpp"
#include "core/time/slot_result.hpp"
#include "drill/drill.hpp"
#include "net/http_client.hpp"
#include "process/process.hpp"
#include "sources/source.hpp"
#include "store/store.hpp"
#include "watch/alerting.hpp"
#include "watch/settings.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace backupwatch {

/// By which silence is told, however civil time is set.
struct Moment {
    Duration uptime;
    Duration awake;
};
Moment moment_of(const Clock& clock);

/// How many backups may lie open for people at a time: each is a server with its memory.
inline constexpr int most_opened = 4;

/// What is known of a set now.
struct SetMemory {
    Semaphore turn{1};
    SourceHealth health;
    std::optional<Inventory> inventory;
    std::optional<DrillRecord> last_drill;
    std::optional<DrillRecord> last_passed;
    std::optional<DrillOutcome> judged_drill;
    std::optional<DrillRecord> older_pass;
    int drills_not_passed = 0;
    std::optional<Instant> watched_since;
    std::optional<Instant> last_look;
    /// Of the last look that came back; before the first, of when it began to be watched.
    std::optional<Moment> last_seen;
    std::string running;
    bool is_restoring = false;  ///< into a server that stays, beside whatever is `running`
    bool pays_drill = false;
    bool reads_on = false;  ///< somebody waits for what its backups hold, beside the polls
    Progress progress;

    /// What the dumps hold, as far as they were compared.
    Semaphore shape_turn{1};
    std::optional<ShapeJudgement> shape;
    bool is_shape_recalled = false;
    bool is_shape_kept = true;
    std::string shape_error;  ///< why the newest could not be compared

    /// What is handed to the program of `after_backup`, and whether that is somebody's business
    /// now.
    std::vector<HookRun> hook_runs;
    bool is_handing_over = false;

    /// As the state last said, for when it refuses to say it again.
    std::vector<Backup> seen;
    std::vector<Backup> failed_takes;
    /// What work brought that the state does not hold yet: on its way there, or refused.
    struct Unrecorded {
        std::vector<Backup> failed_takes;
        std::vector<std::string> expired;
        std::vector<DrillRecord> drills;  ///< by hand: nobody repeats them
    } unrecorded;
    std::int64_t last_reading = 0;  ///< they are numbered as they begin
    /// Of the readings that came back and were judged, the one that began last.
    std::int64_t newest_judged = 0;
    bool is_recalled = false;          ///< past drills were read
    bool is_first_sight_kept = false;  ///< `watched_since` is in the state
};

/// A set that is watched: what is asked of it, and what is known of it now. What is known is shared
/// with the same set of the world before a reload: work that ends under the old settings is known
/// under the new ones at once.
struct WatchedSet {
    explicit WatchedSet(std::shared_ptr<SetMemory> known = std::make_shared<SetMemory>())
        : memory(std::move(known)) {}

    std::string database;
    BackupSetSettings settings;
    std::unique_ptr<Source> source;
    const std::shared_ptr<SetMemory> memory;

    Semaphore& turn = memory->turn;  ///< a dump or a drill of this set, one at a time
    SourceHealth& health = memory->health;
    std::optional<Inventory>& inventory = memory->inventory;  ///< of the last look that could read
    std::optional<DrillRecord>& last_drill = memory->last_drill;  ///< whoever asked for it
    /// Of the newest backup that is proven to restore.
    std::optional<DrillRecord>& last_passed = memory->last_passed;
    /// What the check `restore` judges, unless standing_pass() stands for it.
    std::optional<DrillOutcome>& judged_drill = memory->judged_drill;
    /// Passed after those two, and took the place of one of them not: its backup is older.
    std::optional<DrillRecord>& older_pass = memory->older_pass;
    int& drills_not_passed = memory->drills_not_passed;             ///< in a row, of those judged
    std::optional<Instant>& watched_since = memory->watched_since;  ///< first sight
    std::optional<Instant>& last_look = memory->last_look;
    std::string& running = memory->running;  ///< who has the turn: see running_now()
    /// The drill that its newest backup owes runs, or waits for its turn.
    bool& pays_drill = memory->pays_drill;
    Progress& progress = memory->progress;  ///< of what is running
};

/// A database that is watched.
struct WatchedDatabase {
    std::string name;
    Secret url;
    std::optional<DiskSettings> disk;
    std::vector<DiskSample> samples;          ///< oldest first
    std::optional<Instant> last_poll;         ///< of the disk, by this process
    std::optional<Instant> disk_blind_since;  ///< the first poll that told nothing of it
    std::vector<std::unique_ptr<WatchedSet>> sets;
    /// Held by who asks it what people wait for: see dumps_of_others().
    std::shared_ptr<Semaphore> question = std::make_shared<Semaphore>(1);
};

using FindingKey = std::tuple<std::string, std::string, std::string>;  ///< database, set, check
using Told = std::map<FindingKey, RecordedFinding>;

Severity worst_of(const Told& told);

/// What the configuration describes, alive, and all that its work needs. Used on the loop only.
class World {
    struct Memory;

  public:
    /// `before`: the world whose place this one takes, at a reload, once it has recalled. What is
    /// known and what is busy is shared with it, whatever of it is still watched.
    World(
        Settings settings,
        Clock& clock,
        Store& store,
        Pool& pool,
        HttpClient& network,
        const World* before = nullptr
    );

    /// Reads back what is known from earlier processes, and only then takes the place of the world
    /// before. A state that refuses is a finding; what could not be read is tried again at each
    /// look. Whatever else it throws, the world before goes on as if there were no other.
    Task<> recall();
    /// The past drills of a set, where they are not known yet. Throws what the store throws.
    Task<> recall_drills(WatchedSet& set);
    /// Removes what an earlier process left half done. Before any work of this one.
    Task<> clean_up();

    /// Takes over the findings, commits, and returns the findings as they stand, with their
    /// `since`. When the store refuses, they are held here all the same and the check `state`
    /// fails. Failure is thrown only where something would be lost that no later look finds again
    /// (a slot, a drill, a failed dump, what was removed), or where the slot was closed before.
    Task<std::vector<Finding>> commit(Outcome outcome);
    /// Judges a set again though nothing was looked at: a reminder, a step, or the end of a silence
    /// is due, or who is told has changed. A state that refuses is a finding.
    Task<> judge_again(Alerting::Scope scope);
    /// The same for several. A store that refuses is asked once: each answer may take it seconds.
    Task<> judge_each(std::vector<Alerting::Scope> scopes, bool asks_store = true);
    /// What is judged of a set, or, without one, of a disk or of ourselves.
    Situation situation(const std::string& database, const std::string& set);
    /// The databases that a shared cause makes fail now.
    std::vector<std::string> blaming_databases(const std::string& cause) const;
    /// Those of which anything stands: servers and log-ins.
    std::vector<std::string> shared_causes() const;
    /// Why there may be open incidents and silences that are not known here: the state could not be
    /// read. Empty: there are none.
    std::string unread_incidents() const;
    /// The same for everything that is open, and for what is watched no more.
    Task<> judge_all();
    /// The store refused, or works (empty): the check `state` says so at once.
    void note_store(const std::string& error);
    /// Asks the store whether it can be written, and notes the answer.
    Task<> probe_store();

    /// Our own checks, as things stand.
    Finding state_finding() const;
    Finding clock_finding();
    /// Looks at the clock: what is dated before this has no age that can be told. None: all have.
    std::optional<Instant> clock_doubted_before();
    /// Another took its place: what waits here is that one's business from now on.
    bool is_replaced() const;
    /// A state was damaged, and with it is lost what drills proved.
    bool is_history_lost() const;

    /// Throws Failure::usage, naming what there is, for `DATABASE` or `DATABASE/SET` that is not
    /// there, or that names no single set. Of several sets of a database, the only one that `fits`
    /// is meant.
    using Fits = std::function<bool(const WatchedSet&)>;
    WatchedSet& find_set(const std::string& target, const Fits& fits = nullptr);
    /// Null: it is not watched, or not any more.
    WatchedSet* watched(const std::string& database, const std::string& set);
    /// All sets of these targets; of everything for none. A database may have none, only a disk.
    std::vector<WatchedSet*> find_sets(const std::vector<std::string>& targets);

    /// As the last look of each set found them: ok ones included, by database, set and check.
    const std::map<FindingKey, RecordedFinding>& findings() const;
    /// The same as they are to be told now, to anybody: of a set whose looks do not come back any
    /// more, nothing that was found before stands.
    Told told() const;
    /// Of one database only.
    Told told(const std::string& database) const;
    /// What a restore may keep busy.
    const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));

  private:
    std::shared_ptr<Memory> memory_;

  public:
    const Settings settings;
    Clock& clock;
    Store& store;
    Pool& pool;
    HttpClient& web;
    Driller driller;
    Semaphore& dumps;
    Semaphore& drills;
    Semaphore& checks;
    Semaphore& hooks;
    Semaphore& opened;  ///< backups that lie open for people: most_opened
    std::vector<WatchedDatabase> databases;
    bool ends_with_command = false;  ///< there is no daemon: what is under way then is lost
    ClockWatch& clock_watch;
    bool& clock_went_back;     ///< slots were worked that lie in its future
    std::string& state_alarm;  ///< why nothing is kept on disk; empty: it is
    std::function<void(const DrillReport&)> on_drill = [](const DrillReport&) {};
    /// One of this database was recorded.
    std::function<void(const std::string&)> on_drill_recorded = [](const std::string&) {};
    /// The slot of a drill that a backup owes: begun so long after the backup, and closed.
    std::function<void(const WatchedSet&, Duration)> on_owed_begun = [](auto&&...) {};
    std::function<void(const WatchedSet&, SlotResult)> on_owed_ended = [](auto&&...) {};
    /// The program of `after_backup`; tests put another in its place.
    std::function<Task<Exit>(Command, Duration)> run_program = run_process;
    const std::string& store_error;  ///< of the last use of the store; empty: it works
    /// How full the volumes that we write to were, by folder; oldest first.
    std::map<std::string, std::vector<DiskSample>>& volume_samples;
    std::optional<Instant>& last_look_at_ourselves;  ///< by this process
    HangingCalls& hanging_calls;
    Alerting& alerting;

  private:
    ClockObservation observe_clock();
    void take_place();
    void recall_finding(const RecordedFinding& entry);
    void put(Finding& finding, Instant at);
    void take_over(Outcome& outcome);
    enum class Judged { recorded, refused, stale };
    Task<Judged> judge_once(Alerting::Scope scope, bool asks_store, bool may_be_stale);
    Task<> recall_alerts();
    Task<> try_to_recall_alerts();
    Task<> try_to_recall_findings();
    void recall_findings(std::vector<RecordedFinding> recorded);
    void forget_unwatched();
    Task<Judged> judge_with_last_look(Alerting::Scope scope, bool asks_store);
    Task<Judged> end_unwatched_of(std::string database, bool asks_store);
    Task<Judged> commit_judgement(Outcome outcome, bool asks_store);
    std::optional<Instant> last_look_at(const Alerting::Scope& scope) const;
    Task<> take_over_looks(const Alerting::Scope& scope);
    Task<> judge_shared_causes();
    std::optional<Finding> news_of_cause(const std::string& cause);
    std::vector<Finding> shared_causes_of(const std::vector<Finding>& findings) const;
    void tell_unseen(Told& told, const WatchedDatabase& database) const;
};

/// What its checks hold a set to.
SetPolicy policy_of(const BackupSetSettings& settings);

/// Whether it says anything of its set: see core/backup/judged_drill.hpp.
bool is_judged(const DrillRecord& drill);

/// Takes in a drill that has ended: for people always, for judging where it is judged and, having
/// passed, not of an older backup than what it would replace.
void remember_drill(WatchedSet& set, const DrillRecord& drill);

/// The drill that stands for what was judged and proven, as long as the backup of those is gone;
/// null: they stand themselves. Asked anew of each inventory, so that a restart changes nothing,
/// nor does a backup that comes back.
const DrillRecord* standing_pass(const WatchedSet& set, Instant now);

/// Every verdict of drills that is known of its backups, the newest first: also what the state
/// refused to keep, and what is longer ago than what is read of it. Throws what the store throws.
Task<std::vector<DrillOutcome>> verdicts_of(World& world, WatchedSet& set);
/// What was ever said of them, newest first: also by drills by hand that failed, which judge
/// nothing.
Task<std::vector<DrillOutcome>> words_on_backups(World& world, WatchedSet& set);

/// What proves now that this set could be restored.
Proofs proofs_of(const WatchedSet& set, Instant now);

/// What is done with it now, of backup, drill, open and restore; a restore first, since somebody
/// waits for it.
std::vector<std::string> running_now(const WatchedSet& set);

/// `database/set`, as people write it.
std::string target_of(const WatchedSet& set);

}  // namespace backupwatch
