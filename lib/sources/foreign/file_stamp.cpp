#include "sources/foreign/file_stamp.hpp"

#include "sources/dump/file.hpp"
#include "sources/dump/folder.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

std::int64_t nanoseconds(const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

void add_to_stamp(FileStamp& stamp, const fs::path& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) return;
        throw read_failure("look at", path, errno);
    }
    stamp.changed = std::max(stamp.changed, nanoseconds(status.st_ctim));
    stamp.modified = std::max(stamp.modified, nanoseconds(status.st_mtim));
    stamp.inode += status.st_ino;
    if (!S_ISREG(status.st_mode)) return;
    stamp.size += static_cast<std::uint64_t>(status.st_size);
    ++stamp.files;
}

}  // namespace

std::string FileStamp::text() const {
    std::string text = std::to_string(inode);
    for (const std::int64_t time : {changed, modified}) text += " " + std::to_string(time);
    for (const std::uint64_t count : {size, files}) text += " " + std::to_string(count);
    return text;
}

FileStamp stamp_of(const std::vector<fs::path>& files) {
    FileStamp stamp;
    for (const fs::path& file : files) add_to_stamp(stamp, file);
    return stamp;
}

FileStamp stamp_of(const fs::path& path) {
    FileStamp stamp;
    add_to_stamp(stamp, path);
    if (!fs::is_directory(status_of(path))) return stamp;
    std::error_code error;
    fs::directory_iterator entries(path, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
        add_to_stamp(stamp, entries->path());
    }
    if (error) throw read_failure("read", path, error.value());
    return stamp;
}

}  // namespace backupwatch
