#pragma once
#include "async/task.hpp"
#include "core/backup/project_content.hpp"
#include "core/backup/project_tables.hpp"
#include "core/time/time.hpp"

#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

class Connection;

/// What this database holds beside what each project of Supabase's has, and what it lacks; nothing:
/// it is not laid out as one. `needs` nothing: whatever backup it will be. `connection` has
/// faithful_settings(); nothing is changed. Throws Failure as Connection::query does.
Task<std::optional<ProjectContent>> survey_project(
    Connection& connection, ProjectNeeds needs, Duration limit
);

/// Into which whoever restores into a project may not look: not even at cron's sequence, from which
/// nothing is loaded.
std::vector<std::string> schemas_closed_in_project();

/// A condition on `pg_stat_activity a`: a session that is at work and none of the platform's own.
/// Whoever has just made a project looks at it in the dashboard, which keeps sessions that do
/// nothing; so do poolers.
std::string is_at_work_in_project();

}  // namespace backupwatch
