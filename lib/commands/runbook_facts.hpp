#pragma once
#include "async/task.hpp"
#include "core/check/readiness.hpp"
#include "report/runbook.hpp"
#include "watch/world.hpp"

#include <optional>
#include <string>

namespace backupwatch {

/// All that a runbook of this database is written from, as it is known now: looks at nothing but
/// the restore point that is chosen for its commands. Throws what the store throws.
Task<RunbookFacts> runbook_facts(World& world, const WatchedDatabase& database);

/// None: the database has no `runbook` in the configuration.
std::optional<RunbookSettings> runbook_settings_of(const World& world, const std::string& database);
Targets targets_of(const World& world, const std::string& database);

}  // namespace backupwatch
