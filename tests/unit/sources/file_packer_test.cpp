#include "sources/dump/file_packer.hpp"

#include "core/failure.hpp"
#include "sources/dump/file_unpacker.hpp"
#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <random>

namespace backupwatch {
namespace {

constexpr std::uint64_t everything = ~0ull;

void append(const std::filesystem::path& path, std::string_view text) {
    std::ofstream(path, std::ios::app | std::ios::binary) << text;
}

std::string copy_text(int rows, std::size_t padding = 0) {
    std::string text;
    std::mt19937 random(7);
    for (int row = 0; row < rows; ++row) {
        text += std::to_string(row) + "\tuser" + std::to_string(random()) + "@example.com";
        text += std::string(padding, '.') + "\n";
    }
    return text + "\\.\n\n\n";
}

/// Packed by us, unpacked by the check of a drill.
class Packing : public testing::Test {
  protected:
    PackedFile pack(const std::string& name, std::string_view text) {
        append(folder_ / name, text);
        FilePacker packer(folder_ / name);
        EXPECT_TRUE(packer.advance(everything, true).done);
        return packer.result();
    }

    std::string unpack(const FileEntry& entry) {
        std::filesystem::remove(folder_ / "unpacked");
        FileUnpacker unpacker(
            folder_ / entry.path,
            folder_ / "unpacked",
            entry,
            entry.path + " (public.users)",
            std::nullopt
        );
        while (!unpacker.advance(everything).done) continue;
        return read_file(folder_ / "unpacked", 1 << 30);
    }

    std::string failure_of(const FileEntry& entry) {
        try {
            unpack(entry);
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.kind(), Failure::Kind::corrupt);
            return failure.what();
        }
        return "none";
    }

    TemporaryFolder folder_;
    const std::string differs_ =
        "3375.dat.zst (public.users) differs from the manifest: damaged or changed after the dump";
};

TEST_F(Packing, gives_back_the_very_bytes) {
    const std::string text = copy_text(20'000, 100);

    const PackedFile packed = pack("3375.dat", text);

    EXPECT_EQ(unpack(packed.entry), text);
    EXPECT_EQ(packed.entry.raw_size, text.size());
    EXPECT_EQ(packed.entry.size, std::filesystem::file_size(folder_ / "3375.dat.zst"));
    EXPECT_LT(packed.entry.size, text.size() / 2);
}

TEST_F(Packing, removes_the_raw_file_and_keeps_the_packed_one_private) {
    pack("3375.dat", copy_text(10));

    struct stat status {};
    ASSERT_EQ(::stat((folder_ / "3375.dat.zst").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "3375.dat"));
}

TEST_F(Packing, hashes_the_rows_on_the_way) {
    const std::string text = copy_text(50'000);

    const PackedFile packed = pack("3375.dat", text);

    CopyHasher hasher;
    hasher.add(text);
    EXPECT_EQ(packed.rows, hasher.rows());
    EXPECT_EQ(packed.rows.count, 50'000u);
    EXPECT_TRUE(packed.ended);
}

TEST_F(Packing, knows_data_without_its_end_mark) {
    EXPECT_FALSE(pack("3375.dat", "1\talice\n2\tbob\n").ended);
}

TEST_F(Packing, hashes_a_large_object_as_its_bytes) {
    const PackedFile packed = pack("blob_16413.dat", "hello");

    EXPECT_EQ(packed.raw_sha256, sha256_hex("hello"));
    EXPECT_EQ(packed.rows.count, 0u);
}

TEST_F(Packing, follows_a_file_that_is_still_written_and_gives_its_space_back) {
    const std::string text = copy_text(30'000, 1000);
    const auto raw = folder_ / "3375.dat";
    append(raw, {});
    FilePacker packer(raw);
    const std::size_t part = 4'100'000;

    for (std::size_t at = 0; at < text.size(); at += part) {
        append(raw, std::string_view(text).substr(at, part));
        EXPECT_FALSE(packer.advance(everything, false).done);
        struct stat status {};
        ASSERT_EQ(::stat(raw.c_str(), &status), 0);
        EXPECT_LT(status.st_blocks * 512, 14 << 20) << "the raw file takes space after " << at;
    }
    EXPECT_TRUE(packer.advance(everything, true).done);

    EXPECT_EQ(packer.result().rows.count, 30'000u);
    EXPECT_EQ(unpack(packer.result().entry), text);
}

TEST_F(Packing, takes_no_more_at_once_than_it_is_asked_to) {
    append(folder_ / "3375.dat", copy_text(5'000, 1000));
    FilePacker packer(folder_ / "3375.dat");

    const auto step = packer.advance(3 << 20, true);

    EXPECT_EQ(step.consumed, 3u << 20);
    EXPECT_FALSE(step.done);
}

TEST_F(Packing, notices_any_damage_when_unpacked) {
    const FileEntry good = pack("3375.dat", copy_text(300)).entry;
    const auto path = folder_ / good.path;
    const std::string bytes = read_file(path, 1 << 20);

    for (std::size_t at = 0; at < bytes.size(); at += 7) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ 4);
        std::filesystem::remove(path);
        append(path, damaged);
        EXPECT_EQ(failure_of(good), differs_) << at;
    }
}

TEST_F(Packing, notices_a_cut_and_an_addition_when_unpacked) {
    const FileEntry good = pack("3375.dat", copy_text(300)).entry;
    const auto path = folder_ / good.path;
    const std::string bytes = read_file(path, 1 << 20);

    std::filesystem::resize_file(path, bytes.size() - 1);
    EXPECT_EQ(failure_of(good), differs_);
    std::filesystem::resize_file(path, 0);
    EXPECT_EQ(failure_of(good), differs_);
    append(path, bytes + "x");
    EXPECT_EQ(failure_of(good), differs_);
}

TEST_F(Packing, never_unpacks_more_than_the_manifest_says) {
    FileEntry bomb = pack("blob_1.dat", std::string(16 << 20, '\0')).entry;
    ASSERT_LT(bomb.size, 100'000u);
    bomb.raw_size = 1000;

    EXPECT_NE(failure_of(bomb), "none");
    EXPECT_EQ(std::filesystem::file_size(folder_ / "unpacked"), 0u);
}

}  // namespace
}  // namespace backupwatch
