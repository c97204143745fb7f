#include "sources/foreign/archive_entries.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <optional>
#include <utility>

namespace backupwatch {
namespace {

/// A member of a tar file.
class Member final : public ByteStream {
  public:
    Member(ByteStream& tar, std::uint64_t size)
        : tar_(tar), left_(size), padding_((tar_block - size % tar_block) % tar_block) {}

    std::size_t read(char* buffer, std::size_t size) override {
        if (left_ == 0) {
            if (padding_ > 0) tar_.exactly(std::exchange(padding_, 0), "a member");
            return 0;
        }
        const auto count = tar_.read(buffer, std::min<std::uint64_t>(size, left_));
        if (count == 0) throw_corrupt("it is cut short within a member");
        left_ -= count;
        return count;
    }

  private:
    ByteStream& tar_;
    std::uint64_t left_;
    std::size_t padding_;
};

/// Octal, or, from 8 GiB on, binary behind a set first bit.
std::uint64_t tar_number(std::string_view field) {
    std::uint64_t value = 0;
    if ((static_cast<unsigned char>(field.front()) & 0x80) != 0) {
        for (const char c : field.substr(field.size() - 8)) {
            value = value << 8 | static_cast<unsigned char>(c);
        }
        return value;
    }
    while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
    const auto read = std::from_chars(field.data(), field.data() + field.size(), value, 8);
    if (read.ec != std::errc()) throw_corrupt("a member of the tar file has no size");
    return value;
}

struct MemberHeader {
    std::string name;
    std::uint64_t size = 0;
};

/// None: the block of zeros that ends a tar file.
std::optional<MemberHeader> read_member_header(ByteStream& tar) {
    const std::string block = tar.exactly(tar_block, "the headers of its members");
    if (std::ranges::all_of(block, [](char c) { return c == '\0'; })) return std::nullopt;
    require_tar_sum(block);
    return MemberHeader{block.substr(0, 100).c_str(), tar_number({&block[124], 12})};
}

}  // namespace

void require_tar_sum(std::string_view header) {
    constexpr std::size_t at = 148;
    constexpr std::size_t size = 8;
    std::uint64_t sum = size * ' ';
    for (std::size_t i = 0; i < header.size(); ++i) {
        if (i < at || i >= at + size) sum += static_cast<unsigned char>(header[i]);
    }
    if (sum != tar_number(header.substr(at, size))) {
        throw_corrupt("the header of a member of the tar file differs from its own checksum");
    }
}

Archive read_tar_contents(ByteStream& file) {
    const auto first = read_member_header(file);
    if (!first || first->name != "toc.dat") throw_corrupt("its first member is not toc.dat");
    if (first->size > longest_contents) throw too_long_contents();
    Member contents(file, first->size);
    Archive archive = parse_archive(contents.exactly(first->size, "toc.dat"));
    contents.drain();
    return archive;
}

ArchiveData read_tar_archive(ByteStream& file) {
    ArchiveData data;
    data.archive = read_tar_contents(file);
    ArchiveEntries entries(data);
    std::map<std::string, int> entry_of;
    for (const auto& [id, entry] : entries.missing()) entry_of[entry->file] = id;
    while (const auto header = read_member_header(file)) {
        Member member(file, header->size);
        const auto id = entry_of.find(header->name);
        unsigned object = 0;
        if (std::sscanf(header->name.c_str(), "blob_%u.dat", &object) == 1) {
            entries.read_large_object(object, member);
        } else if (header->name.starts_with("blobs")) {
            // Its list of them, which the table of contents has as well.
            entries.take_large_objects();
        } else if (id != entry_of.end()) {
            const ArchiveEntry& entry = entries.take(id->second);
            entries.read_table(entry, member);
        }
        member.drain();
    }
    entries.require_all();
    return data;
}

}  // namespace backupwatch
