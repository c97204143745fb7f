#include "web/world_metrics.hpp"

#include "core/backup/backup.hpp"
#include "core/check/set_checks.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace backupwatch {
namespace {

MetricsView::Drill drill_of(const WatchedSet& set, Instant now) {
    MetricsView::Drill drill;
    drill.target_seconds = std::chrono::duration<double>(set.settings.drill->policy.target).count();
    const DrillRecord* standing = standing_pass(set, now);
    if (set.last_passed) drill.last_success = set.last_passed->outcome.finished_at;
    if (standing != nullptr) drill.last_success = standing->outcome.finished_at;
    if (set.last_drill) drill.verified_rows = set.last_drill->verified_rows;
    if (standing == nullptr && !set.judged_drill) return drill;
    const DrillOutcome& judged = standing != nullptr ? standing->outcome : *set.judged_drill;
    drill.last_seconds = judged.seconds;
    if (judged.result != DrillOutcome::Result::unknown) {
        drill.last_passed = judged.result == DrillOutcome::Result::passed;
    }
    return drill;
}

void add_inventory(MetricsView::Set& view, const WatchedSet& set, Instant now) {
    const Inventory& inventory = *set.inventory;
    for (const Backup& backup : inventory.backups) {
        ++view.backups[static_cast<std::size_t>(backup.status)];
        if (backup.status != BackupStatus::completed) continue;
        const Instant finished = backup.finished_at.value_or(backup.started_at);
        view.oldest = view.oldest ? std::min(*view.oldest, finished) : finished;
    }
    if (const Backup* newest = newest_completed(inventory, now)) {
        view.last_success = newest->finished_at.value_or(newest->started_at);
        view.last_size_bytes = newest->size_bytes;
        const std::chrono::duration<double> took = *view.last_success - newest->started_at;
        // Of others' dumps, which took their times from a clock that was put back.
        view.last_seconds = std::max(0.0, took.count());
    }
}

MetricsView::Pitr pitr_of(const WatchedSet& set) {
    MetricsView::Pitr pitr;
    if (!set.inventory || !set.inventory->provider) return pitr;
    const auto& told = set.inventory->provider->pitr;
    pitr.is_enabled = told.has_value();
    if (told) pitr.latest = told->latest;
    return pitr;
}

/// Any moment of the stretch is a backup.
void add_stretch(MetricsView::Set& view, const WatchedSet& set, Instant now) {
    if (!set.inventory || !set.inventory->provider || !set.inventory->provider->pitr) return;
    const PointInTime& pitr = *set.inventory->provider->pitr;
    if (pitr.latest && *pitr.latest <= now) {
        view.last_success = std::max(view.last_success.value_or(*pitr.latest), *pitr.latest);
    }
    if (pitr.earliest) view.oldest = *pitr.earliest;
}

MetricsView::Set set_of(const WatchedSet& set, Instant now) {
    MetricsView::Set view;
    view.database = set.database;
    view.set = set.settings.name;
    if (set.inventory) add_inventory(view, set, now);
    if (set.settings.drill) view.drill = drill_of(set, now);
    if (set.settings.provider) view.pitr = pitr_of(set);
    add_stretch(view, set, now);
    return view;
}

MetricsView::Disk disk_of(const WatchedDatabase& database) {
    MetricsView::Disk disk;
    disk.database = database.name;
    if (database.samples.empty()) return disk;
    disk.used = database.samples.back().used;
    disk.capacity = database.samples.back().capacity;
    disk.full_predicted = predict_full(database.samples);
    return disk;
}

/// Every check that the configuration asks for, and then what is known of them: a series that came
/// only with its first verdict, or went with a silence, could not be relied upon.
std::vector<MetricsView::Check> checks_in(
    const World& world, const std::map<FindingKey, RecordedFinding>& told
) {
    std::map<FindingKey, MetricsView::Check> checks;
    const auto add = [&checks](const std::string& database, const std::string& set, auto name) {
        const std::string check(name);
        checks[{database, set, check}] = {database, set, check, std::nullopt, std::nullopt};
    };
    for (const char* check : {"clock", "disk", "state"}) add("backupwatch", "", check);
    for (const WatchedDatabase& database : world.databases) {
        for (const auto& set : database.sets) {
            for (const auto check : checks_of(policy_of(set->settings))) {
                add(database.name, set->settings.name, check);
            }
        }
        if (database.disk) add(database.name, "", "disk");
    }
    for (const auto& [key, recorded] : told) {
        const Finding& finding = recorded.finding;
        checks[key] = {
            finding.database, finding.set, finding.check, finding.severity, recorded.checked_at};
    }
    std::vector<MetricsView::Check> list;
    for (auto& [key, check] : checks) list.push_back(std::move(check));
    return list;
}

}  // namespace

MetricsView metrics_of(
    const World& world, std::vector<StreamKey> streams, bool last_reload_successful
) {
    const Instant now = world.clock.now();
    MetricsView view;
    view.last_reload_successful = last_reload_successful;
    view.streams = std::move(streams);
    const auto told = world.told();
    view.checks = checks_in(world, told);
    if (world.alerting.has_policy()) {
        auto& incidents = view.incidents.emplace();
        for (const auto& [id, incident] : world.alerting.open()) {
            ++incidents[static_cast<std::size_t>(incident.finding.severity)];
        }
    }
    for (const NotifierHealth& health : world.alerting.health()) {
        auto& notifier = view.notifiers.emplace_back();
        notifier.name = health.name;
        notifier.pending = health.pending;
        if (health.certificate) notifier.certificate_until = health.certificate->valid_until;
        if (health.oldest) {
            const std::chrono::duration<double> age = std::max(now - *health.oldest, Duration(0));
            notifier.oldest_seconds = age.count();
        }
    }
    for (const WatchedDatabase& database : world.databases) {
        for (const auto& set : database.sets) {
            MetricsView::Set& row = view.sets.emplace_back(set_of(*set, now));
            const auto judged = told.find({row.database, row.set, "backup"});
            if (judged != told.end()) row.consecutive_failures = judged->second.finding.failures;
            // The slots of drills that follow a backup are no scheduler's.
            const auto& drill = set->settings.drill;
            if (!drill || drill->when.schedule) continue;
            view.streams.push_back({database.name, set->settings.name, drill_kind});
        }
        if (database.disk) view.disks.push_back(disk_of(database));
    }
    return view;
}

}  // namespace backupwatch
