#include "sources/foreign/archive_entries.hpp"

#include "core/failure.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace backupwatch {
namespace {

/// These bytes, and then as many zeros as somebody reads.
class EndlessFile final : public ByteStream {
  public:
    explicit EndlessFile(std::string head) : head_(std::move(head)) {}
    std::size_t read(char* buffer, std::size_t size) override {
        const std::size_t count = std::min(size, head_.size());
        std::memcpy(buffer, head_.data(), count);
        std::memset(buffer + count, 0, size - count);
        head_.erase(0, count);
        return size;
    }

  private:
    std::string head_;
};

std::string number(std::uint32_t value) {
    std::string bytes(1, '\0');
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
    return bytes;
}

/// Of pg_dump 15, with one entry whose tag is as long as a number can say.
std::string contents_without_end() {
    std::string bytes("PGDMP\x01\x0e\x00\x04\x08\x01", 11);
    bytes += number(0);                               // compression
    for (int i = 0; i < 7; ++i) bytes += number(30);  // a time
    for (int i = 0; i < 3; ++i) bytes += number(0);   // database, versions
    bytes += number(1);                               // entries
    bytes += number(1) + number(0) + number(0) + number(0);
    return bytes + number(0x7fffffff);
}

TEST(ArchiveEntries, cannot_tell_of_a_table_of_contents_that_would_not_fit_into_memory) {
    EndlessFile file(contents_without_end());
    std::string behind;
    try {
        read_contents(file, behind);
        ADD_FAILURE() << "it has no end";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::missing);
        EXPECT_STREQ(
            failure.what(),
            "its table of contents is longer than 64 MiB, as of some 80,000 tables, and cannot be "
            "looked into here"
        );
    }
}

}  // namespace
}  // namespace backupwatch
