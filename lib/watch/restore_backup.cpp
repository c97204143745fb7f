#include "watch/restore_backup.hpp"

#include "core/failure.hpp"
#include "core/quoted_line.hpp"
#include "core/wording/restore_steps.hpp"
#include "core/words.hpp"
#include "watch/drill_work.hpp"
#include "watch/open_backup.hpp"
#include "watch/work_lock.hpp"

#include <spdlog/spdlog.h>

#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace backupwatch {
namespace {

constexpr const char* restoring = "restore";
/// Nothing but a person ends it: what is half restored at a limit helps nobody.
constexpr Duration no_limit = std::chrono::hours(24 * 7);
constexpr Duration between_tries = std::chrono::milliseconds(250);

const RestoreTarget& find_target(const World& world, const std::string& name) {
    std::vector<std::string> known;
    for (const RestoreTarget& target : world.settings.restore_targets) {
        if (target.name == name) return target;
        known.push_back(target.name);
    }
    throw Failure(
        Failure::Kind::usage,
        "there is no restore target " + quoted_line(name),
        known.empty()
            ? "list one in `restore_targets`: a name, and the url of a database to make, or "
              "of a new project of Supabase's."
            : "there is " + listed(known, known.size()) + "."
    );
}

RestoreJob job_for(const World& world, const WatchedSet& set, const Backup& backup) {
    RestoreJob job;
    job.backup = drill_job(world, set, backup);
    job.backup.settings.timeout = no_limit;
    for (const WatchedDatabase& database : world.databases) {
        if (!database.url.empty()) job.watched.push_back({database.name, database.url});
    }
    return job;
}

void log_restore(const RestoreJob& job, const std::string& place, uid_t who, const char* what) {
    spdlog::info(
        "{} database={} set={} backup={} into={} uid={}",
        what,
        job.backup.database,
        job.backup.set,
        quoted_line(job.backup.backup.id),
        quoted_line(place),
        who
    );
}

/// While somebody has it no dump of the set is removed; for nothing else a restore has to wait. A
/// drill may take an hour more.
Task<FileLock> hold_backups(World& world, WatchedSet& set, ProgressSink progress) {
    const auto file = lock_file(world, set, restore_lock);
    bool is_told = false;
    for (;;) {
        auto lock = FileLock::try_acquire(file);
        if (lock) co_return std::move(*lock);
        if (!is_told) progress(Progress{"waits for another restore of " + target_of(set)});
        is_told = true;
        co_await pause(world.clock, between_tries);
    }
}

/// As long as it is under way, whoever has the set's turn.
class Shown {
  public:
    explicit Shown(const WatchedSet& set) : memory_(set.memory) { memory_->is_restoring = true; }
    ~Shown() { memory_->is_restoring = false; }
    Shown(const Shown&) = delete;
    Shown& operator=(const Shown&) = delete;

  private:
    std::shared_ptr<SetMemory> memory_;
};

/// Nothing is begun until it has them.
Task<FileLock> hold_or_say(
    World& world, WatchedSet& set, std::string place, ProgressSink progress
) {
    std::optional<Failure> failed;
    try {
        co_return co_await hold_backups(world, set, std::move(progress));
    } catch (const Failure& failure) {
        failed = failure;
    }
    const std::string left = left_by_failure(failed->hint(), place, LeftInPlace::as_it_was);
    throw Failure(failed->kind(), failed->what(), left);
}

}  // namespace

Task<PlannedRestore> prepare_restore(World& world, WatchedSet& set, RestoreRequest request) {
    const RestoreTarget& target = find_target(world, request.into);
    const Inventory inventory = co_await set.source->list();
    const Backup* chosen = choose_to_open(inventory, request.choice);
    if (chosen == nullptr) throw nothing_to_open(set, inventory, request.choice);
    PlannedRestore plan;
    plan.job = job_for(world, set, *chosen);
    plan.job.url = target.url;
    plan.drill = co_await last_drill_of(world, set, *chosen);
    Restorer restorer(world.settings.work_dir, world.clock, world.pool);
    plan.outlook = co_await restorer.look(plan.job);
    co_return plan;
}

Task<DrillReport> restore_backup(
    World& world, WatchedSet& set, PlannedRestore plan, uid_t asked_by, ProgressSink progress
) {
    const RestoreJob job = plan.job;
    const std::string place = plan.outlook.facts.place;
    const FileLock held = co_await hold_or_say(world, set, place, progress);
    const Shown shown(set);
    // Where it is free, so that no drill begins beside it.
    const auto turn = WorkLock::try_acquire(world, set, restoring);
    log_restore(job, place, asked_by, "a backup is restored");
    Restorer restorer(world.settings.work_dir, world.clock, world.pool);
    std::exception_ptr ended;
    DrillReport report;
    try {
        report = co_await restorer.run(std::move(plan.job), std::move(progress));
    } catch (...) {
        ended = std::current_exception();
    }
    log_restore(job, place, asked_by, ended ? "a restore was not finished" : "a restore has ended");
    if (ended) std::rethrow_exception(ended);
    co_return report;
}

}  // namespace backupwatch
