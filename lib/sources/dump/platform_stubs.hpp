#pragma once
#include "postgres/archive.hpp"

#include <set>
#include <string>
#include <vector>

namespace backupwatch {

/// What stands in a drill for what Supabase's platform makes itself: so that what the user keeps
/// there (cron jobs, queues) is loaded and compared all the same, and nothing acts.
struct PlatformStubs {
    std::set<std::string> extensions;     ///< of the archive, that are not made
    std::vector<std::string> statements;  ///< that make the stubs, before the archive is restored
    std::set<int> filled;                 ///< entries whose rows or values the stubs take
    std::set<int> left_out;               ///< entries about what no stub has: rights on functions
};

/// Pure. Only what this archive needs; a stub's columns are texts, which take every value as COPY
/// writes it.
PlatformStubs platform_stubs(const Archive& archive);

}  // namespace backupwatch
