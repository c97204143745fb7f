#include "web/metrics_view.hpp"

#include "web/exposition.hpp"

#include <limits>

namespace backupwatch {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr double never = std::numeric_limits<double>::infinity();
constexpr std::array backup_statuses{
    BackupStatus::completed, BackupStatus::failed, BackupStatus::running, BackupStatus::unknown};
constexpr std::array failing{Severity::warning, Severity::unknown, Severity::critical};

double seconds_of(Instant instant) {
    return std::chrono::duration<double>(instant.time_since_epoch()).count();
}

template <class T>
double measured(const std::optional<T>& value) {
    return value ? static_cast<double>(*value) : unknown;
}

/// A row of the view with its labels, escaped once for all its families.
template <class Row>
struct Labelled {
    Labels labels;
    const Row* row;
};

template <class Row, class ValueOf>
void write_gauge(
    Exposition& out,
    std::string_view name,
    std::string_view help,
    const std::vector<Labelled<Row>>& rows,
    ValueOf value_of
) {
    out.family(name, "gauge", help);
    for (const auto& [labels, row] : rows) out.sample(labels, value_of(*row));
}

void write_checks(Exposition& out, const MetricsView& view) {
    using Check = MetricsView::Check;
    std::vector<Labelled<Check>> rows;
    std::array<double, 4> open{};
    for (const Check& check : view.checks) {
        const Labels labels{
            {"database", check.database}, {"set", check.set}, {"check", check.check}};
        rows.push_back({labels, &check});
        if (check.severity) ++open[static_cast<std::size_t>(*check.severity)];
    }
    write_gauge(
        out,
        "backupwatch_check_status",
        "Result of a check: 0 ok, 1 warning, 2 critical, 3 unknown, NaN nothing to judge yet.",
        rows,
        [](const Check& check) { return check.severity ? exit_code(*check.severity) : unknown; }
    );
    write_gauge(
        out,
        "backupwatch_check_last_run_timestamp_seconds",
        "When a check last ran.",
        rows,
        [](const Check& check) { return moment(check.last_run); }
    );
    out.family("backupwatch_incidents_open", "gauge", "What is wrong now, by severity.");
    for (const Severity severity : failing) {
        const auto index = static_cast<std::size_t>(severity);
        const double count =
            view.incidents ? static_cast<double>((*view.incidents)[index]) : open[index];
        out.sample({{"severity", to_string(severity)}}, count);
    }
}

void write_notifiers(Exposition& out, const MetricsView& view) {
    using Notifier = MetricsView::Notifier;
    std::vector<Labelled<Notifier>> rows;
    for (const Notifier& notifier : view.notifiers) {
        rows.push_back({Labels{{"notifier", notifier.name}}, &notifier});
    }
    write_gauge(
        out,
        "backupwatch_notifications_pending",
        "Notices that are not delivered yet.",
        rows,
        [](const Notifier& notifier) { return static_cast<double>(notifier.pending); }
    );
    write_gauge(
        out,
        "backupwatch_notification_oldest_pending_seconds",
        "Age of the oldest notice that is not delivered yet.",
        rows,
        [](const Notifier& notifier) { return notifier.oldest_seconds; }
    );
    write_gauge(
        out,
        "backupwatch_notifier_certificate_expiry_timestamp_seconds",
        "When the certificate expires that the notifier's server showed last; NaN: none was shown.",
        rows,
        [](const Notifier& notifier) {
            return notifier.certificate_until ? seconds_of(*notifier.certificate_until) : unknown;
        }
    );
}

void write_heartbeat(Exposition& out, const MetricsView::Heartbeat& heartbeat) {
    out.single(
        "backupwatch_self_audit_passed",
        "gauge",
        "Whether the loop turns, slots begin, the state is written and notices leave: 1 yes, 0 no.",
        measured(heartbeat.audit_passed)
    );
    if (!heartbeat.period) return;
    out.single(
        "backupwatch_heartbeat_period_seconds",
        "gauge",
        "How often a heartbeat is sent.",
        std::chrono::duration<double>(*heartbeat.period).count()
    );
    out.single(
        "backupwatch_heartbeat_last_success_timestamp_seconds",
        "gauge",
        "When a heartbeat was accepted last.",
        moment(heartbeat.last_success)
    );
    out.single(
        "backupwatch_heartbeat_failures_total",
        "counter",
        "Tries of a heartbeat that were not accepted.",
        static_cast<double>(heartbeat.failures)
    );
}

using Set = MetricsView::Set;

void write_backups(Exposition& out, const std::vector<Labelled<Set>>& sets) {
    write_gauge(
        out,
        "backupwatch_backup_last_success_timestamp_seconds",
        "When the newest completed backup ended.",
        sets,
        [](const Set& set) { return moment(set.last_success); }
    );
    write_gauge(
        out,
        "backupwatch_backup_last_size_bytes",
        "Size of the newest completed backup as it lies there.",
        sets,
        [](const Set& set) { return measured(set.last_size_bytes); }
    );
    write_gauge(
        out,
        "backupwatch_backup_last_duration_seconds",
        "How long the newest completed backup took.",
        sets,
        [](const Set& set) { return measured(set.last_seconds); }
    );
    write_gauge(
        out,
        "backupwatch_backup_oldest_timestamp_seconds",
        "When the oldest completed backup ended.",
        sets,
        [](const Set& set) { return moment(set.oldest); }
    );
    write_gauge(
        out,
        "backupwatch_backup_consecutive_failures",
        "Failures in a row, as the check backup counts them.",
        sets,
        [](const Set& set) { return set.consecutive_failures; }
    );
    out.family("backupwatch_backups", "gauge", "Backups that are listed, by status.");
    for (const BackupStatus status : backup_statuses) {
        const Labels status_label{{"status", to_string(status)}};
        for (const auto& [labels, set] : sets) {
            const auto count = set->backups[static_cast<std::size_t>(status)];
            out.sample("", labels, status_label, static_cast<double>(count));
        }
    }
}

void write_drills(Exposition& out, const std::vector<Labelled<Set>>& drilled) {
    write_gauge(
        out,
        "backupwatch_drill_last_success_timestamp_seconds",
        "When the newest drill that passed ended.",
        drilled,
        [](const Set& set) { return moment(set.drill->last_success); }
    );
    write_gauge(
        out,
        "backupwatch_drill_last_duration_seconds",
        "How long the drill that is judged took to fetch, start and restore.",
        drilled,
        [](const Set& set) { return measured(set.drill->last_seconds); }
    );
    write_gauge(
        out,
        "backupwatch_drill_last_result",
        "Whether the drill that is judged passed: 1 yes, 0 no, NaN none could be run.",
        drilled,
        [](const Set& set) { return measured(set.drill->last_passed); }
    );
    write_gauge(
        out,
        "backupwatch_drill_target_seconds",
        "How long a drill may take, as configured: longer is a warning.",
        drilled,
        [](const Set& set) { return set.drill->target_seconds; }
    );
    write_gauge(
        out,
        "backupwatch_drill_verified_rows",
        "Rows that the newest drill compared.",
        drilled,
        [](const Set& set) { return measured(set.drill->verified_rows); }
    );
}

void write_pitr(Exposition& out, const std::vector<Labelled<Set>>& provided) {
    write_gauge(
        out,
        "backupwatch_pitr_enabled",
        "Whether the provider restores to any moment: 1 yes, 0 no, NaN not looked at yet.",
        provided,
        [](const Set& set) { return measured(set.pitr->is_enabled); }
    );
    write_gauge(
        out,
        "backupwatch_pitr_latest_timestamp_seconds",
        "Up to when the provider restores; it stands still while nothing is written.",
        provided,
        [](const Set& set) { return moment(set.pitr->latest); }
    );
}

void write_disks(Exposition& out, const MetricsView& view) {
    using Disk = MetricsView::Disk;
    std::vector<Labelled<Disk>> disks;
    for (const Disk& disk : view.disks) {
        disks.push_back({{{"database", disk.database}, {"set", ""}}, &disk});
    }
    write_gauge(
        out,
        "backupwatch_disk_used_bytes",
        "Used space of the database's disk.",
        disks,
        [](const Disk& disk) { return measured(disk.used); }
    );
    write_gauge(
        out,
        "backupwatch_disk_capacity_bytes",
        "Size of the database's disk.",
        disks,
        [](const Disk& disk) { return measured(disk.capacity); }
    );
    write_gauge(
        out,
        "backupwatch_disk_used_ratio",
        "Used part of the database's disk, 0 to 1.",
        disks,
        [](const Disk& disk) { return measured(disk.used) / measured(disk.capacity); }
    );
    write_gauge(
        out,
        "backupwatch_disk_full_predicted_timestamp_seconds",
        "When the database's disk will be full; +Inf while that is not in sight.",
        disks,
        [](const Disk& disk) {
            return disk.full_predicted ? seconds_of(*disk.full_predicted) : never;
        }
    );
}

}  // namespace

double moment(const std::optional<Instant>& instant) {
    return instant ? seconds_of(*instant) : 0;
}

void write_view(Exposition& out, const MetricsView& view) {
    write_checks(out, view);
    write_notifiers(out, view);
    write_heartbeat(out, view.heartbeat);
    std::vector<Labelled<Set>> sets;
    std::vector<Labelled<Set>> drilled;
    std::vector<Labelled<Set>> provided;
    for (const Set& set : view.sets) {
        sets.push_back({{{"database", set.database}, {"set", set.set}}, &set});
        if (set.drill) drilled.push_back(sets.back());
        if (set.pitr) provided.push_back(sets.back());
    }
    write_backups(out, sets);
    write_drills(out, drilled);
    if (!provided.empty()) write_pitr(out, provided);
    write_disks(out, view);
}

}  // namespace backupwatch
