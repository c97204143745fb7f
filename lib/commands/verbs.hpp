#pragma once
#include "commands/command.hpp"
#include "watch/world.hpp"

namespace backupwatch {

struct DrillReport;

/// Looks now; prints the findings. Exit code: the worst.
Task<Reply> check_command(World& world, Request request, ProgressSink progress);
/// The inventory of a set.
Task<Reply> list_command(World& world, Request request, ProgressSink progress);
/// Takes a dump now. Options: label, keep.
Task<Reply> backup_command(World& world, Request request, ProgressSink progress);
/// Drills the newest backup, or `backup`. Exit code: 1 where it passed but was slow.
int exit_code(const DrillReport& report);
Task<Reply> drill_command(World& world, Request request, ProgressSink progress);
/// Restores a backup into a throw-away server and keeps it, for whoever asked to use with psql
/// (asker.hears()), until they go, or `for` is over. Options: backup or before, export, for.
Task<Reply> open_command(World& world, Request request, ProgressSink progress);

/// Shows what a restore of a backup into a target would do and lose; does it where it is confirmed.
/// Options: backup or before, into, confirm. Exit code: 0 restored and verified, 1 only shown, 2
/// refused, or not what the backup holds.
Task<Reply> restore_command(World& world, Request request, ProgressSink progress);

/// Says in the reply to something that was to be kept that it is not: the state is in memory.
void tell_if_not_kept(const World& world, Reply& reply);

/// What the newest backup lacks is meant to be gone: the last that had it is held no longer.
Task<Reply> accept_command(World& world, Request request, ProgressSink progress);
/// May it be migrated now? Looks first. Options: max_age, take, override. Exit code: 0 it may, 2 it
/// may not, 3 it cannot be told.
Task<Reply> gate_command(World& world, Request request, ProgressSink progress);
/// The answer as it is known now, without a look at backups: /api/v1/gate/NAME; empty: that is not
/// watched.
Task<boost::json::object> gate_json(World& world, std::string database, Duration max_age);
/// Unless somebody asks for another.
inline constexpr Duration usual_max_age = std::chrono::hours(24);
/// RUNBOOK-EMERGENCY-RESTORE.md of a database, in the reply's `report`. Option: output, where that
/// goes to a file. Exit code: 1 where no restore point is proven.
Task<Reply> runbook_command(World& world, Request request, ProgressSink progress);
/// Records what only a person can confirm. Options: item, by, minutes, file.
Task<Reply> attest_command(World& world, Request request, ProgressSink progress);
/// The set-up checklist. Option: notify. Exit code: the worst item.
Task<Reply> readiness_command(World& world, Request request, ProgressSink progress);
/// The one target of a verb that is about no set. Throws Failure::usage.
WatchedDatabase& whole_database(World& world, const Request& request);
/// Notes a moment, such as a deployment. Option: text.
Task<Reply> mark_command(World& world, Request request, ProgressSink progress);
/// Backups, drills, incidents and marks of the past, as kept. Options: since, limit.
Task<Reply> history_command(World& world, Request request, ProgressSink progress);
/// Everything at a glance, as it is known now; looks only at what nobody has looked at yet.
Task<Reply> status_command(World& world, Request request, ProgressSink progress);

/// Open incidents: who was told what, what is held back and why, what comes next. Exit code: the
/// worst.
Task<Reply> incidents_command(World& world, Request request, ProgressSink progress);
boost::json::object incidents_json(World& world);
Task<Reply> acknowledge_command(World& world, Request request, ProgressSink progress);
/// Options: for, reason.
Task<Reply> silence_command(World& world, Request request, ProgressSink progress);
Task<Reply> silences_command(World& world, Request request, ProgressSink progress);
Task<Reply> unsilence_command(World& world, Request request, ProgressSink progress);
/// Sends a real test message by each notifier, and shows the remote answer. Option: page.
Task<Reply> notify_test_command(World& world, Request request, ProgressSink progress);

/// The same as a document, also of one database: /api/v1/status, /api/v1/databases/NAME.
Task<boost::json::object> status_json(World& world);
/// Empty: that is not watched.
Task<boost::json::object> database_json(World& world, std::string database);

}  // namespace backupwatch
