#include "sources/foreign/file_bytes.hpp"

#include "core/failure.hpp"

#include <utility>

namespace backupwatch {

FileBytes::FileBytes(const std::filesystem::path& path, OnRead on_read)
    : file_(File::open(path)), on_read_(std::move(on_read)) {}

std::size_t FileBytes::read(char* buffer, std::size_t size) {
    const std::size_t count = file_.read(buffer, size);
    if (on_read_ && !on_read_(count)) {
        throw Failure(Failure::Kind::timeout, "reading it was ended");
    }
    hash_.add({buffer, count});
    position_ += count;
    return count;
}

}  // namespace backupwatch
