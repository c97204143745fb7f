#include "core/backup/disk_reserve.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

constexpr std::uint64_t mega = 1000 * 1000;
constexpr std::uint64_t giga = 1000 * mega;
constexpr std::uint64_t gibi = 1ull << 30;

TEST(DiskReserve, is_a_part_of_a_small_volume_and_a_gibibyte_of_a_big_one) {
    const struct {
        std::uint64_t size;
        std::uint64_t free;
        std::uint64_t need;
        std::uint64_t reserve;
    } cases[] = {
        {4000 * giga, 2000 * giga, 10 * giga, gibi},
        {10 * giga, 8 * giga, 1 * giga, 500 * mega},
        // It may take what it needs, and half of what is beyond: less is kept where less is spare.
        {10 * giga, 1200 * mega, 1 * giga, 100 * mega},
        {10 * giga, 1 * giga, 1 * giga, 0},
        // Others wrote meanwhile.
        {10 * giga, 1 * giga, 2 * giga, 0},
        // It was below the reserve before.
        {100 * giga, 300 * mega, 200 * mega, 50 * mega},
    };
    for (const auto& [size, free, need, reserve] : cases) {
        EXPECT_EQ(disk_reserve({"/work", size, free, need}), reserve) << size << " " << free;
    }
}

/// The same volume with this much free.
DrillVolume with(DrillVolume volume, std::uint64_t free) {
    volume.free = free;
    return volume;
}

TEST(DiskReserve, ends_a_drill_below_it_and_says_why_with_numbers) {
    const DrillVolume volume{"/work", 10 * giga, 8 * giga, giga};

    EXPECT_EQ(disk_too_full(volume, with(volume, 8 * giga)), std::nullopt);
    EXPECT_EQ(disk_too_full(volume, with(volume, 500 * mega)), std::nullopt);
    EXPECT_EQ(
        disk_too_full(volume, with(volume, 500 * mega - 1)),
        "the disk of /work has 499.9 MB left of 10.0 GB, and a drill leaves 500.0 MB of it to "
        "others; "
        "it began with 8.00 GB free and was to need about 1.00 GB"
    );
}

TEST(DiskReserve, never_ends_a_drill_that_takes_what_it_was_to_need) {
    for (std::uint64_t free = 0; free <= 3 * giga; free += 7 * mega) {
        const DrillVolume volume{"/work", 4 * giga, free, free / 2};
        EXPECT_EQ(disk_too_full(volume, with(volume, free - volume.need)), std::nullopt) << free;
        const DrillVolume tight{"/work", 4 * giga, free, free};
        EXPECT_EQ(disk_too_full(tight, with(tight, 0)), std::nullopt) << free;
    }
}

TEST(DiskReserve, is_of_files_as_well_where_a_volume_has_room_for_so_many) {
    DrillVolume volume{"/work", 10 * giga, 8 * giga, giga, 100'000, 60'000};
    DrillVolume now = volume;
    now.free_files = 5'000;
    EXPECT_EQ(disk_too_full(volume, now), std::nullopt);
    now.free_files = 4'999;
    EXPECT_EQ(
        disk_too_full(volume, now),
        "the disk of /work has room for 4999 more files (inodes) of 100000, and a drill leaves "
        "that of 5000 to others; it began with that of 60000"
    );
    volume.free_files = 8'000;
    EXPECT_EQ(file_reserve(volume), 2'000u);
    // btrfs and others that make room for files as they come.
    EXPECT_EQ(file_reserve({"/work", 10 * giga, 8 * giga, giga, 0, 0}), 0u);
}

}  // namespace
}  // namespace backupwatch
