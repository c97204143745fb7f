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
/// Everything at a glance, as it is known now; looks only at what nobody has looked at yet.
Task<Reply> status_command(World& world, Request request, ProgressSink progress);

/// The same as a document, also of one database: /api/v1/status, /api/v1/databases/NAME.
boost::json::object status_json(const World& world);
boost::json::object status_json(const World& world, const Told& told);
boost::json::object database_json(const World& world, const std::string& database);

}  // namespace backupwatch
