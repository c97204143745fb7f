#pragma once
#include "async/pool.hpp"
#include "async/task.hpp"
#include "core/backup/restore_target.hpp"
#include "core/progress.hpp"
#include "drill/drill.hpp"
#include "drill/report.hpp"
#include "drill/target.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace backupwatch {

class Clock;

/// What is restored on the day, and where to.
struct RestoreJob {
    DrillJob backup;  ///< its `timeout` is none: nothing ends a restore but the person
    Secret url;       ///< of the database that is made
    std::vector<TargetDatabase::Watched> watched;  ///< what is never touched
};

/// What is known before anything is done.
struct RestoreOutlook {
    TargetFacts facts;
    TargetDecision decision;
    bool is_same_server = false;          ///< as the database that the backup is of was on
    std::string old_name;                 ///< of that database, in PostgreSQL
    std::vector<NotHeld> not_held{};      ///< of a project, by the backup
    std::vector<std::string> webhooks{};  ///< likewise: triggers
    /// Names of Manifest::undumped_queues.
    std::set<std::string> undumped_queues{};
};

/// Restores a backup into a new database of a server that stays, and verifies it as a drill does.
/// What it writes to is that database alone, and, where they are missing, roles. Used on the loop.
class Restorer {
  public:
    Restorer(std::filesystem::path work_dir, const Clock& clock, Pool& pool)
        : work_dir_(std::move(work_dir)), clock_(clock), pool_(pool) {}

    /// Changes nothing. A backup or a place that is not fit for it is the decision's. Throws
    /// Failure where that cannot be told.
    Task<RestoreOutlook> look(const RestoreJob& job);

    /// Restores, verifies and times it. That it could not be marked as ended, also since somebody
    /// has interrupted that, is the report's. Throws Failure where it could not be run to its end,
    /// whose hint says what state things are in; the database, if it was made, then holds an
    /// unfinished restore and says so. The same for a cancellation, with which it goes on.
    Task<DrillReport> run(RestoreJob job, ProgressSink progress);

  private:
    std::filesystem::path work_dir_;
    const Clock& clock_;
    Pool& pool_;
};

}  // namespace backupwatch
