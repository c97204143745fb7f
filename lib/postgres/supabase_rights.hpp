#pragma once
#include "core/backup/manifest.hpp"
#include "postgres/rights.hpp"

#include <string>
#include <vector>

// Pure: what a project's role may not read, parted into what a dump goes without and what it fails
// for.
namespace backupwatch {

/// Takes out of `rights` what is an extension's, or bookkeeping of the platform's that each project
/// has of its own. What is left is the user's.
std::vector<HiddenRelation> take_platforms(Rights& rights);

/// What the manifest says of those.
std::vector<NotHeld> not_held_of(
    const std::vector<HiddenRelation>& left_out, const std::string& role, int server_version
);

}  // namespace backupwatch
