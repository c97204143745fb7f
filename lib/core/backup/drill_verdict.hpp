#pragma once
#include "core/check/checks.hpp"
#include "core/failure.hpp"

namespace backupwatch {

/// What a drill that a failure ended says about the backup. What was found wrong before
/// (`has_findings`) stays wrong, and damage is damage everywhere; what is refused or takes too long
/// is the backup's fault only once it is loaded (`is_loading`: restored, or verified); everything
/// else is the machine's.
DrillOutcome::Result verdict_of(Failure::Kind kind, bool is_loading, bool has_findings);

/// Whether a failure in reading one table, or in a query, is a finding about what was restored: the
/// server understood it and could not. Otherwise the reading itself failed.
bool speaks_of_content(Failure::Kind kind);

}  // namespace backupwatch
