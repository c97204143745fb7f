#pragma once
#include "sources/foreign/known_files.hpp"

#include <string>
#include <vector>

namespace backupwatch {

/// Of InspectedDump::perhaps_hidden those of which an earlier dump has rows, the newest of them
/// named: a sentence each. Pure.
std::vector<std::string> lost_behind_policies(
    const InspectedDump& dump, const std::vector<ForeignDump>& oldest_first
);

}  // namespace backupwatch
