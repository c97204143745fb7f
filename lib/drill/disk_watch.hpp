#pragma once
#include "async/pool.hpp"
#include "async/task.hpp"
#include "core/backup/disk_reserve.hpp"

#include <filesystem>

namespace backupwatch {

inline constexpr const char* more_space = "free some space, or point work_dir to a bigger volume.";

/// The volume of this folder as it is now. Blocking. Throws Failure::missing.
DrillVolume volume_of(const std::filesystem::path& folder, std::uint64_t need);

/// Does the work, and looks five times a second at what is left on the volume: what a dump brings,
/// or computes, may fill it, and others write there too. Then cancels the work and throws
/// Failure::exhausted.
Task<> while_disk_has_room(Task<> work, DrillVolume volume, Pool& pool);

}  // namespace backupwatch
