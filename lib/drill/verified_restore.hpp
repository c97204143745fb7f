#pragma once
#include "async/task.hpp"
#include "core/backup/manifest.hpp"
#include "core/progress.hpp"
#include "drill/drill.hpp"
#include "drill/report.hpp"

#include <functional>

namespace backupwatch {

class Phases;

/// A backup that is restored to be verified, in a drill or on the day, and what is told of it.
struct VerifiedRestore {
    const DrillJob& job;
    DrillReport& report;
    Phases& phases;
    ProgressSink progress;
};

/// What is known of it before anything is done.
DrillReport begun_report(const DrillJob& job, Instant now);

/// Restores what was fetched while restored tables are read back, then verifies the rest (phases
/// `restore` and `verify`). The report then says passed, or failed and why. Throws Failure where it
/// could not be run to its end, and what `require_alive` throws once the server has gone.
Task<> restore_and_verify(
    VerifiedRestore& parts,
    const Manifest& manifest,
    const Sandbox& sandbox,
    const std::function<void()>& require_alive
);

}  // namespace backupwatch
