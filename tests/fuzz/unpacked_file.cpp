// A file of a dump of ours, in a folder that others can write to, whose manifest is made right.
#include "memory.hpp"
#include "sources/dump/file_unpacker.hpp"
#include "support/temporary_folder.hpp"
#include "target.hpp"

#include <fstream>
#include <string>

namespace backupwatch {
namespace {

/// As another reader unpacks it, up to where it can.
std::string unpacked(std::string_view bytes) {
    Memory packed(bytes);
    std::string text;
    try {
        const auto stream = decompressed(Compression::zstd, packed);
        std::string piece(1 << 16, '\0');
        while (text.size() < (1 << 20)) {
            const std::size_t count = stream->read(piece.data(), piece.size());
            if (count == 0) break;
            text.append(piece, 0, count);
        }
    } catch (const Failure&) {
        // Damaged behind that.
    }
    return text;
}

struct Unpacked {
    std::string text;
    bool is_whole = false;
};

Unpacked unpack(const TemporaryFolder& folder, const FileEntry& entry, std::uint64_t limit) {
    const auto to = folder / "to";
    std::filesystem::remove(to);
    Unpacked found;
    try {
        FileUnpacker unpacker(folder / entry.path, to, entry, entry.path, std::nullopt);
        while (!unpacker.advance(limit).done) continue;
        found.is_whole = true;
    } catch (const Failure& failure) {
        expect(failure.kind() == Failure::Kind::corrupt, failure.what());
    }
    found.text = read_file(to, 1 << 21);
    expect(found.text.size() <= entry.raw_size, "no more is written than the manifest says");
    return found;
}

}  // namespace

void read_foreign_bytes(std::string_view bytes) {
    static const TemporaryFolder folder;
    const std::string expected = unpacked(bytes);
    FileEntry entry;
    entry.path = "1.dat.zst";
    entry.size = bytes.size();
    entry.raw_size = expected.size();
    entry.sha256 = sha256_hex(bytes);
    std::ofstream(folder / entry.path, std::ios::binary | std::ios::trunc) << bytes;
    const Unpacked whole = unpack(folder, entry, 1 << 20);
    expect(!whole.is_whole || whole.text == expected, "two readers unpack the same");
    if (expected.empty()) return;
    // Though it is said to hold less.
    --entry.raw_size;
    expect(!unpack(folder, entry, 1).is_whole, "what is longer than it should be is damaged");
}

}  // namespace backupwatch
