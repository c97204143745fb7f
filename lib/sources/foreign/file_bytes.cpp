#include "sources/foreign/file_bytes.hpp"

#include "core/failure.hpp"

#include <utility>

namespace backupwatch {

FileBytes::FileBytes(const std::filesystem::path& path, std::function<bool()> stop)
    : file_(File::open(path)), stop_(std::move(stop)) {}

std::size_t FileBytes::read(char* buffer, std::size_t size) {
    if (stop_ && stop_()) throw Failure(Failure::Kind::timeout, "reading it was ended");
    const std::size_t count = file_.read(buffer, size);
    hash_.add({buffer, count});
    position_ += count;
    return count;
}

}  // namespace backupwatch
