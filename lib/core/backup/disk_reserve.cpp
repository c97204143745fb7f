#include "core/backup/disk_reserve.hpp"

#include "core/size.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

constexpr std::uint64_t most_reserved = 1ull << 30;
constexpr std::uint64_t reserved_part = 20;
constexpr std::uint64_t reserved_of_free_files = 4;

}  // namespace

std::uint64_t disk_reserve(const DrillVolume& volume) {
    const std::uint64_t spare = volume.free - std::min(volume.free, volume.need);
    return std::min({most_reserved, volume.size / reserved_part, spare / 2});
}

std::uint64_t file_reserve(const DrillVolume& volume) {
    return std::min(volume.files / reserved_part, volume.free_files / reserved_of_free_files);
}

std::optional<std::string> disk_too_full(const DrillVolume& volume, const DrillVolume& now) {
    const std::uint64_t files = file_reserve(volume);
    if (now.free_files < files) {
        return "the disk of " + volume.folder + " has room for " + std::to_string(now.free_files) +
               " more files (inodes) of " + std::to_string(volume.files) +
               ", and a drill leaves that of " + std::to_string(files) +
               " to others; it began with that of " + std::to_string(volume.free_files);
    }
    const std::uint64_t reserve = disk_reserve(volume);
    if (now.free >= reserve) return std::nullopt;
    return "the disk of " + volume.folder + " has " + size_in_words(now.free) + " left of " +
           size_in_words(volume.size) + ", and a drill leaves " + size_in_words(reserve) +
           " of it to others; it began with " + size_in_words(volume.free) +
           " free and was to need about " + size_in_words(volume.need);
}

}  // namespace backupwatch
