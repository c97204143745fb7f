#pragma once
#include "core/backup/manifest.hpp"
#include "core/backup/verification.hpp"

namespace backupwatch {

/// Pure. Of a restore into a project: what the source had and nothing is `expected` of, as skipped.
/// The project has it of itself, perhaps otherwise; what it has not is named, since the old one's
/// user may have made it.
void add_projects_own(
    Verification& verification,
    const Manifest& manifest,
    const Manifest& expected,
    const RestoredContent& restored
);

}  // namespace backupwatch
