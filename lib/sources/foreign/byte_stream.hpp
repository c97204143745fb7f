#pragma once
#include "core/failure.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace backupwatch {

/// Throws Failure::corrupt.
[[noreturn]] void throw_corrupt(const std::string& why);

/// Somebody else's bytes, in order. Blocking. What reads from another one keeps a reference to it.
class ByteStream {
  public:
    virtual ~ByteStream() = default;
    /// At most `size` bytes; 0 only at the end. Throws Failure::corrupt where they are damaged or
    /// end too early.
    virtual std::size_t read(char* buffer, std::size_t size) = 0;

    /// All of `size` bytes. Throws Failure::corrupt, with `what`, where they end before.
    std::string exactly(std::size_t size, std::string_view what);
    /// Reads to the end.
    void drain();
};

/// Bytes that were read already, then those of another.
class PutBack final : public ByteStream {
  public:
    PutBack(std::string head, ByteStream& rest) : head_(std::move(head)), rest_(rest) {}
    std::size_t read(char* buffer, std::size_t size) override;

  private:
    std::string head_;
    std::size_t at_ = 0;
    ByteStream& rest_;
};

enum class Compression { none, zlib, zstd, lz4 };
/// By its first four bytes: as gzip, zstd and lz4 begin their files.
Compression compression_of(std::string_view head);

/// What was compressed: one stream, or several one behind another, as gzip and zstd read them.
/// Throws Failure::missing for lz4, which is not read here.
std::unique_ptr<ByteStream> decompressed(Compression compression, ByteStream& packed);

/// Hands over what was compressed, as decompressed(). Damaged bytes unpack to what may look like
/// anything, also like a dump that cannot be looked into here: before it is called that, all of it
/// is unpacked, since its checksum is at its end, where it has one (pg_dump's own zstd has none).
/// Throws Failure::corrupt where that says so.
template <class Use>
void unpack(Compression compression, ByteStream& packed, const Use& use) {
    const auto bytes = decompressed(compression, packed);
    try {
        use(*bytes);
    } catch (const Failure& failure) {
        const bool may_be_damaged = compression != Compression::none;
        if (may_be_damaged && failure.kind() == Failure::Kind::missing) bytes->drain();
        throw;
    }
}

}  // namespace backupwatch
