// The `blobs.toc` of a folder of pg_dump -Fd.
#include "memory.hpp"
#include "sources/foreign/folder_archive.hpp"
#include "target.hpp"

#include <algorithm>
#include <string>

namespace backupwatch {
namespace {

/// The numbers, or why there are none.
std::string read_in_pieces(std::string_view bytes, std::size_t size) {
    Memory file(bytes, size);
    Held held;
    std::string found;
    try {
        for (const std::uint32_t oid : read_large_object_list(file, held)) {
            found += std::to_string(oid) + "\n";
        }
    } catch (const Failure& failure) {
        expect(failure.kind() == Failure::Kind::corrupt, failure.what());
        return failure.what();
    }
    expect(
        std::ranges::count(found, '\n') == std::ranges::count(bytes, '\n'), "a line is an object"
    );
    expect(held.bytes() >= 4u * std::ranges::count(bytes, '\n'), "what is kept is counted");
    return found;
}

}  // namespace

/// The first byte says how the rest is cut into pieces.
void read_foreign_bytes(std::string_view bytes) {
    if (bytes.empty()) return;
    const std::size_t size = 1 + static_cast<unsigned char>(bytes.front()) % 7;
    bytes.remove_prefix(1);
    const std::string whole = read_in_pieces(bytes, bytes.size() + 1);
    expect(read_in_pieces(bytes, size) == whole, "what is found in pieces");
}

}  // namespace backupwatch
