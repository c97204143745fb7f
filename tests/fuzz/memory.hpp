#pragma once
#include "sources/foreign/byte_stream.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace backupwatch {

/// These bytes for a file's, so many at a time at most.
class Memory final : public ByteStream {
  public:
    explicit Memory(std::string_view bytes, std::size_t at_once = std::string_view::npos)
        : bytes_(bytes), at_once_(at_once) {}
    std::size_t read(char* buffer, std::size_t size) override {
        const std::size_t count = std::min({size, bytes_.size(), at_once_});
        if (count > 0) std::memcpy(buffer, bytes_.data(), count);
        bytes_.remove_prefix(count);
        return count;
    }

  private:
    std::string_view bytes_;
    std::size_t at_once_;
};

}  // namespace backupwatch
