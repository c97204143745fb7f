#pragma once
#include "core/backup/manifest.hpp"
#include "core/backup/verification.hpp"

#include <set>
#include <string>

namespace backupwatch {

/// Pure. Of a restore into a project: what the source had and nothing is `expected` of, as skipped.
/// The project has it of itself, perhaps otherwise; what it has not is named, each, since the old
/// one's user may have made it. `left_out`: tables that have notes already, with what lacks there.
void add_projects_own(
    Verification& verification,
    const Manifest& manifest,
    const Manifest& expected,
    const RestoredContent& restored,
    const std::set<std::string>& left_out
);

}  // namespace backupwatch
