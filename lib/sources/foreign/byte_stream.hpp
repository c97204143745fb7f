#pragma once
#include "sources/dump/file.hpp"
#include "sources/dump/sha256.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
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

/// A file, which is hashed as it is read.
class FileBytes final : public ByteStream {
  public:
    /// `stop` is asked between reads: true ends them with Failure::timeout.
    FileBytes(const std::filesystem::path& path, std::function<bool()> stop);
    std::size_t read(char* buffer, std::size_t size) override;

    std::uint64_t position() const { return position_; }
    std::string sha256() { return hash_.hex(); }

  private:
    File file_;
    Sha256 hash_;
    std::uint64_t position_ = 0;
    std::function<bool()> stop_;
};

/// ByteStream that were read already, then those of another.
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

}  // namespace backupwatch
