#include "core/backup/drill_due.hpp"
#include "core/failure.hpp"
#include "core/quoted_line.hpp"
#include "json/text.hpp"
#include "watch/observe.hpp"
#include "watch/work.hpp"
#include "watch/work_lock.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace backupwatch {
namespace {

/// Enough to see that a drill could not be run several times on the newest backup.
constexpr int recent_drills = 10;

Failure no_such_backup(const WatchedSet& set, const std::string& id) {
    if (id.empty()) {
        return Failure(
            Failure::Kind::missing,
            target_of(set) + " has no completed backup to drill",
            set.settings.take ? "take one with `backupwatch backup " + target_of(set) + "`."
                              : "none has come to " + set.settings.directory.string() + " yet."
        );
    }
    return Failure(
        Failure::Kind::missing,
        target_of(set) + " has no backup \"" + id + "\"",
        "`backupwatch list " + target_of(set) + "` shows what there is."
    );
}

/// The newest that claims to be a backup, damaged or not.
const Backup* newest_entry(const Inventory& inventory) {
    const Backup* newest = nullptr;
    for (const Backup& backup : inventory.backups) {
        if (backup.status == BackupStatus::running) continue;
        if (newest == nullptr || backup.started_at >= newest->started_at) newest = &backup;
    }
    return newest;
}

/// A damaged backup can be drilled too: the drill says what is wrong with it. Who asks by hand for
/// the newest means just that, and not the newest that is still whole.
Backup choose_backup(
    const WatchedSet& set,
    const Inventory& inventory,
    const std::string& id,
    Caller caller,
    Instant now
) {
    if (id.empty()) {
        const bool by_hand = caller == Caller::person;
        const Backup* newest = by_hand ? newest_entry(inventory) : newest_completed(inventory, now);
        if (newest == nullptr) throw no_such_backup(set, id);
        return *newest;
    }
    for (const Backup& backup : inventory.backups) {
        if (backup.id == id) return backup;
    }
    throw no_such_backup(set, id);
}

std::string slot_result(const DrillReport& report) {
    switch (report.result) {
        case DrillOutcome::Result::passed:
            return "ok";
        case DrillOutcome::Result::failed:
            return "failed";
        case DrillOutcome::Result::unknown:
            break;
    }
    return "unknown";
}

DrillRecord record_of(const DrillReport& report, Caller caller, Instant now) {
    DrillRecord record;
    record.database = report.database;
    record.set = report.set;
    record.outcome = outcome_of(report, now);
    record.by_hand = caller == Caller::person;
    record.verified_rows = report.verified_rows();
    record.document = json_text(to_json(report));
    return record;
}

}  // namespace

Task<DrillReport> drill(
    World& world, WatchedSet& set, std::string id, SlotOf slot, Caller caller, ProgressSink progress
) {
    auto place = co_await world.drills.acquire();
    const WorkLock lock = co_await WorkLock::acquire(world, set, "drill");
    const Inventory inventory = co_await set.source->list();

    DrillJob job;
    job.database = set.database;
    job.set = set.settings.name;
    job.source = set.source.get();
    job.backup = choose_backup(set, inventory, id, caller, world.clock.now());
    job.settings = set.settings.drill.value_or(DrillSettings());
    job.jobs = world.cores;
    ProgressSink note = [&set, progress](const Progress& now) {
        set.progress = now;
        progress(now);
    };
    const DrillReport report = co_await world.driller.run(std::move(job), std::move(note));

    const auto& errors = report.verification.errors;
    // By hand, who asked is told.
    const bool is_bad = report.result != DrillOutcome::Result::passed;
    spdlog::log(
        is_bad && caller == Caller::schedule ? spdlog::level::err : spdlog::level::info,
        "drill {} database={} set={} backup={} restore_seconds={:.3f} seconds={:.3f} error={}",
        to_string(report.result),
        set.database,
        set.settings.name,
        report.backup.id,
        report.restore_seconds(),
        report.seconds,
        quoted_line(errors.empty() ? "" : errors.front())
    );
    world.on_drill(report);
    Outcome outcome;
    outcome.drill = record_of(report, caller, world.clock.now());
    outcome.closes = std::move(slot);
    if (outcome.closes) outcome.closes->result = slot_result(report);
    auto observed = co_await observe(world, set, std::move(outcome));
    co_await world.commit(std::move(observed));
    co_return report;
}

Task<std::optional<std::string>> owed_drill(World& world, WatchedSet& set) {
    const auto& settings = set.settings.drill;
    if (!settings || !set.inventory) co_return std::nullopt;
    // A set with a schedule of its own owes none in between, unless nothing is known of any drill
    // because the state was damaged: then nothing is proven until the next.
    if (settings->when.schedule && (set.last_drill || !world.is_history_lost())) {
        co_return std::nullopt;
    }
    const auto records =
        co_await world.store.drills(set.database, set.settings.name, recent_drills);
    std::vector<DrillOutcome> drills;
    for (const DrillRecord& record : records) drills.push_back(record.outcome);
    const Backup* due = drill_due(*set.inventory, drills, world.clock.now());
    if (due == nullptr) co_return std::nullopt;
    co_return due->id;
}

}  // namespace backupwatch
