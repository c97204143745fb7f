#pragma once
#include "core/check/checks.hpp"
#include "sources/supabase/replies.hpp"

#include <optional>
#include <vector>

namespace backupwatch {

/// What is known of the disk of a project now.
struct DiskKnowledge {
    DiskUse use;
    std::optional<double> size_gb;   ///< as ordered; none: not told
    std::optional<double> grows_to;  ///< GB, by itself; none: not told, or no limit is set
    bool is_readonly = false;        ///< asked only where it is nearly full
};

/// From here on it is asked whether the database takes writes, and here it takes none.
inline constexpr double nearly_full = 0.90;
inline constexpr double makes_readonly = 0.95;

double fullness(const DiskUse& use);

/// The sample, and what is to be said beside it. Throws Failure::corrupt for a moment that is no
/// measurement's. Pure.
DiskWord judge_disk_use(const DiskKnowledge& known, Instant now);

}  // namespace backupwatch
