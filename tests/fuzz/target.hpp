#pragma once
#include "core/failure.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace backupwatch {

/// What every target defines: reads these bytes. Throws Failure::corrupt where they are damaged; to
/// throw anything else is a defect, and so is what expect() finds.
void read_foreign_bytes(std::string_view bytes);

inline void expect(bool is_so, const char* what) {
    if (is_so) return;
    std::fprintf(stderr, "not so: %s\n", what);
    std::abort();
}

/// Whatever `read(bytes, size)` finds in bytes that it takes so many at a time is the same in
/// pieces as in one. The first byte says how the rest is cut.
template <class Read>
void expect_same_in_pieces(std::string_view bytes, Read read) {
    if (bytes.empty()) return;
    const std::size_t size = 1 + static_cast<unsigned char>(bytes.front()) % 7;
    bytes.remove_prefix(1);
    expect(read(bytes, size) == read(bytes, bytes.size() + 1), "what is found in pieces");
}

}  // namespace backupwatch

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        backupwatch::read_foreign_bytes({reinterpret_cast<const char*>(data), size});
    } catch (const backupwatch::Failure& failure) {
        using backupwatch::Failure;
        backupwatch::expect(failure.kind() == Failure::Kind::corrupt, failure.what());
    }
    return 0;
}
