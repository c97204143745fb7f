#pragma once
#include "core/backup/left_out.hpp"
#include "core/backup/manifest.hpp"
#include "core/backup/project_lacks.hpp"
#include "postgres/archive.hpp"

#include <set>

// Of the archive of a project, for a new project that lacks something of the old one's.
namespace backupwatch {

/// Pure. What of it, that is loaded, needs what may be left out. Of extensions by the rule of a
/// drill, but that rows in a schema of the platform's need none: the project has their tables.
ProjectFit project_fit(
    const Archive& archive, const Manifest& manifest, const NeededPerhaps& perhaps
);

/// Pure. The entries that make, or set, what is left out. By dump_id.
std::set<int> entries_of(const Archive& archive, const LeftOut& left_out);

}  // namespace backupwatch
