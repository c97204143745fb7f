#pragma once
#include "async/clock.hpp"
#include "async/pool.hpp"
#include "async/semaphore.hpp"
#include "core/check/checks.hpp"
#include "core/time/clock_step.hpp"
#include "drill/drill.hpp"
#include "sources/source.hpp"
#include "store/store.hpp"
#include "watch/settings.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace backupwatch {

/// A set that is watched: what is asked of it, and what is known of it now.
struct WatchedSet {
    std::string database;
    BackupSetSettings settings;
    std::unique_ptr<Source> source;

    Semaphore turn{1};  ///< a dump or a drill of this set, one at a time
    SourceHealth health;
    std::optional<Inventory> inventory;  ///< of the last look that could read the source
    std::optional<DrillRecord> last_drill;
    std::optional<DrillRecord> last_passed;  ///< newest drill that passed
    std::optional<int> drills_not_passed;    ///< in a row; none: not counted yet
    std::optional<Instant> watched_since;    ///< first sight
    std::optional<Instant> last_look;
    std::string running;      ///< backup | drill, or empty
    bool pays_drill = false;  ///< the drill that its newest backup owes runs, or waits for its turn
    Progress progress;        ///< of what is running
};

/// A database that is watched.
struct WatchedDatabase {
    std::string name;
    Secret url;
    std::optional<DiskSettings> disk;
    std::vector<DiskSample> samples;  ///< oldest first
    std::vector<std::unique_ptr<WatchedSet>> sets;
};

using FindingKey = std::tuple<std::string, std::string, std::string>;  ///< database, set, check

/// What the configuration describes, alive, and all that its work needs. Used on the loop only.
class World {
  public:
    World(Settings settings, Clock& clock, Store& store, Pool& pool);

    /// Reads back what is known from before.
    Task<> recall();
    /// Removes what an earlier process left half done. Before any work of this one.
    Task<> clean_up();

    /// Commits, and takes over the findings. When the store refuses, the findings are held here all
    /// the same, `store_error` says so, and Failure is thrown.
    Task<> commit(Outcome outcome);

    /// Throws Failure::usage, naming what there is, for `DATABASE` or `DATABASE/SET` that is not
    /// there, or that names no single set. Of several sets of a database, the only one that `fits`
    /// is meant.
    using Fits = std::function<bool(const WatchedSet&)>;
    WatchedSet& find_set(const std::string& target, const Fits& fits = nullptr);
    /// Null: it is not watched, or not any more.
    WatchedSet* watched(const std::string& database, const std::string& set);
    /// All sets of these targets; of everything for none. A database may have none, only a disk.
    std::vector<WatchedSet*> find_sets(const std::vector<std::string>& targets);

    /// Ok ones included, by database, set and check.
    const std::map<FindingKey, RecordedFinding>& findings() const { return findings_; }
    Severity worst() const;
    /// What a restore may keep busy.
    const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));

    const Settings settings;
    Clock& clock;
    Store& store;
    Pool& pool;
    Driller driller;
    Semaphore dumps;
    Semaphore drills;
    Semaphore checks;
    std::vector<WatchedDatabase> databases;
    ClockWatch clock_watch;
    bool clock_went_back = false;  ///< slots were worked that lie in its future
    std::string state_alarm;       ///< why nothing is kept on disk; empty: it is
    std::function<void(const DrillReport&)> on_drill = [](const DrillReport&) {};
    std::string store_error;  ///< of the last commit; empty: it was accepted

  private:
    bool watches(const std::string& database, const std::string& set) const;
    void take_over(Outcome& outcome);

    std::map<FindingKey, RecordedFinding> findings_;
};

/// What its checks hold a set to.
SetPolicy policy_of(const BackupSetSettings& settings);

/// `database/set`, as people write it.
std::string target_of(const WatchedSet& set);

}  // namespace backupwatch
