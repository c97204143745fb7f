#pragma once
#include "async/task.hpp"
#include "core/backup/manifest.hpp"

namespace backupwatch {

class Loading;
class Pool;
struct Sandbox;

/// Loads a fetched dump of a project into a new project, with the commands that project_commands()
/// prints, but for the roles, which are made as on any server that stays. All else is one
/// transaction, with the mark of its end as its last statement: the project is loaded then, or new
/// as before. Of one that is loaded already, no more than what is left to say. Throws Failure where
/// it is as it was.
Task<> load_project(Loading& loading, const Manifest& manifest, const Sandbox& sandbox, Pool& pool);

}  // namespace backupwatch
