#pragma once
#include "async/task.hpp"
#include "sources/source.hpp"

namespace backupwatch {

class Pool;

/// Loads a fetched dump into the sandbox's server: createdb, the roles, pg_restore -j, as its
/// README.txt says. Throws Failure where it could not be run to its end; what pg_restore itself
/// finds wrong is in the result, and so is what this machine lacks.
Task<Source::Restored> restore_dump(
    const Manifest& manifest,
    const Sandbox& sandbox,
    Source::OnLoaded on_loaded,
    ProgressSink progress,
    Pool& pool
);

}  // namespace backupwatch
