#include "core/backup/disk_reserve.hpp"

#include "core/size.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

constexpr std::uint64_t most_reserved = 1ull << 30;
constexpr std::uint64_t reserved_part = 20;

}  // namespace

std::uint64_t disk_reserve(const DrillVolume& volume) {
    const std::uint64_t spare = volume.free - std::min(volume.free, volume.need);
    return std::min({most_reserved, volume.size / reserved_part, spare / 2});
}

std::optional<std::string> disk_too_full(const DrillVolume& volume, std::uint64_t free_now) {
    const std::uint64_t reserve = disk_reserve(volume);
    if (free_now >= reserve) return std::nullopt;
    return "the disk of " + volume.folder + " has " + size_in_words(free_now) + " left of " +
           size_in_words(volume.size) + ", and a drill leaves " + size_in_words(reserve) +
           " of it to others; it began with " + size_in_words(volume.free) +
           " free and was to need about " + size_in_words(volume.need);
}

}  // namespace backupwatch
