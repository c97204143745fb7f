#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace backupwatch {

/// Of a file, or of a folder with all that lies in it: another one whenever a byte of it changes.
struct FileStamp {
    std::uint64_t inode = 0;   ///< 0: it is there no more
    std::int64_t changed = 0;  ///< ctime, nanoseconds: it cannot be set back
    std::int64_t modified = 0;
    std::uint64_t size = 0;
    std::uint64_t files = 1;

    std::string text() const;
};

/// Throws Failure where it cannot be looked at.
FileStamp stamp_of(const std::filesystem::path& path);
/// Of files that are one dump.
FileStamp stamp_of(const std::vector<std::filesystem::path>& files);

}  // namespace backupwatch
