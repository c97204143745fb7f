#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace backupwatch {

/// A volume as a drill finds it at its start, and what the drill needs of it by our estimate, which
/// is there. All in bytes.
struct DrillVolume {
    std::string folder;  ///< that lies on it
    std::uint64_t size = 0;
    std::uint64_t free = 0;
    std::uint64_t need = 0;
    std::uint64_t files = 0;  ///< how many it can hold; 0: as many as there is room for
    std::uint64_t free_files = 0;
};

/// What a drill leaves free, since others write there too, our state perhaps among them: 1 GiB or
/// 5 % of the volume, whichever is less. But a drill that was let begin where there is hardly more
/// than it needs is not ended for taking that: of what is beyond its need it may take half.
std::uint64_t disk_reserve(const DrillVolume& volume);

/// The same of files, of which nobody knows how many it needs: 5 %, or a quarter of those that were
/// free.
std::uint64_t file_reserve(const DrillVolume& volume);

/// Why the drill must end, as its volume is now; nothing while there is enough.
std::optional<std::string> disk_too_full(const DrillVolume& volume, const DrillVolume& now);

}  // namespace backupwatch
