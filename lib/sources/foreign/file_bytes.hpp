#pragma once
#include "sources/dump/file.hpp"
#include "sources/dump/sha256.hpp"
#include "sources/foreign/byte_stream.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace backupwatch {

/// Hears how many bytes were read, between reads: false ends them with Failure::timeout.
using OnRead = std::function<bool(std::size_t)>;

/// A file, which is hashed as it is read.
class FileBytes final : public ByteStream {
  public:
    FileBytes(const std::filesystem::path& path, OnRead on_read);
    std::size_t read(char* buffer, std::size_t size) override;

    std::uint64_t position() const { return position_; }
    std::string sha256() { return hash_.hex(); }

  private:
    File file_;
    Sha256 hash_;
    std::uint64_t position_ = 0;
    OnRead on_read_;
};

}  // namespace backupwatch
