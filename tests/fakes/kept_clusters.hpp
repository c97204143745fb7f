#pragma once
#include <sys/types.h>

#include <filesystem>
#include <functional>

namespace backupwatch {

// What initdb makes takes longer than most tests do, so test programs keep it for each other, among
// the temporary files.

/// Makes `data` a cluster of the PostgreSQL in `bin`, which belongs to `owner` where we are root: a
/// copy of the one that is kept, or `make`s it, where there is none yet. All copies have the same
/// system identifier.
void copy_kept_cluster(
    const std::filesystem::path& data,
    const std::filesystem::path& bin,
    uid_t owner,
    const std::function<void()>& make
);

/// `parent/work`, for drills that share what they begin from with those of all test programs.
std::filesystem::path make_work_folder(const std::filesystem::path& parent);

}  // namespace backupwatch
