#include "sources/dump/file.hpp"

#include "core/system_failure.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace backupwatch {
namespace {

int open_or_throw(const std::filesystem::path& path, int flags, std::string_view operation) {
    const int descriptor = ::open(path.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor >= 0) return descriptor;
    const bool is_new = (flags & O_CREAT) != 0;
    throw is_new ? file_failure(operation, path, errno) : read_failure(operation, path, errno);
}

Failure no_ordinary_file(const std::filesystem::path& path) {
    return Failure(
        Failure::Kind::corrupt, "cannot read " + path.string() + ": it is not an ordinary file"
    );
}

}  // namespace

Failure file_failure(std::string_view operation, const std::filesystem::path& path, int error) {
    return system_failure(std::string(operation) + " " + path.string(), error);
}

Failure read_failure(std::string_view operation, const std::filesystem::path& path, int error) {
    const Failure failure = file_failure(operation, path, error);
    return error == EIO ? Failure(Failure::Kind::corrupt, failure.what()) : failure;
}

std::filesystem::file_status status_of(const std::filesystem::path& path) {
    std::error_code error;
    const auto status = std::filesystem::symlink_status(path, error);
    if (status.type() != std::filesystem::file_type::none) return status;
    throw read_failure("look at", path, error.value());
}

File::File(std::filesystem::path path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor) {}

File::File(File&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

File::~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

File File::open(const std::filesystem::path& path) {
    // Before it is opened: a pipe would wait for who writes to it.
    if (!is_regular_file(status_of(path))) throw no_ordinary_file(path);
    return File(path, open_or_throw(path, O_RDONLY, "read"));
}

File File::open_to_consume(const std::filesystem::path& path) {
    return File(path, open_or_throw(path, O_RDWR, "read"));
}

File File::create(const std::filesystem::path& path, const std::optional<User>& owner) {
    File file(path, open_or_throw(path, O_WRONLY | O_CREAT | O_EXCL, "create"));
    if (owner && ::fchown(file.descriptor_, owner->uid, owner->gid) != 0) {
        throw file_failure("give away", path, errno);
    }
    return file;
}

std::uint64_t File::size() const {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) throw file_failure("read", path_, errno);
    return static_cast<std::uint64_t>(status.st_size);
}

std::size_t File::read(char* buffer, std::size_t size) {
    for (;;) {
        const auto got = ::read(descriptor_, buffer, size);
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR) throw read_failure("read", path_, errno);
    }
}

void File::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(descriptor_, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) throw file_failure("write", path_, errno);
        if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

void File::sync() {
    if (::fsync(descriptor_) != 0) throw file_failure("write", path_, errno);
}

void File::begin_sync() const {
    [[maybe_unused]] const int ignored =
        ::sync_file_range(descriptor_, 0, 0, SYNC_FILE_RANGE_WRITE);
}

void File::forget(std::uint64_t begin, std::uint64_t end) const {
    // Not every file system can; then the raw file lies there until it is deleted.
    const int how = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    const auto size = static_cast<off_t>(end - begin);
    [[maybe_unused]] const int ignored =
        ::fallocate(descriptor_, how, static_cast<off_t>(begin), size);
}

std::string read_file(const std::filesystem::path& path, std::uint64_t limit) {
    File file = File::open(path);
    const auto size = file.size();
    if (size > limit) {
        throw Failure(
            Failure::Kind::corrupt,
            "cannot read " + path.string() + ": it has " + std::to_string(size) +
                " bytes, more than any such file"
        );
    }
    std::string text(size, '\0');
    std::size_t filled = 0;
    while (filled < text.size()) {
        const auto got = file.read(text.data() + filled, text.size() - filled);
        if (got == 0) break;
        filled += got;
    }
    text.resize(filled);
    return text;
}

void write_file(const std::filesystem::path& path, std::string_view text) {
    File file = File::create(path);
    file.write(text);
    file.sync();
}

void make_private_folder(const std::filesystem::path& folder, const std::optional<User>& owner) {
    if (::mkdir(folder.c_str(), 0700) != 0) throw file_failure("create", folder, errno);
    if (owner && ::chown(folder.c_str(), owner->uid, owner->gid) != 0) {
        throw file_failure("give away", folder, errno);
    }
}

std::uint64_t free_space(const std::filesystem::path& folder) {
    struct statvfs status {};
    if (::statvfs(folder.c_str(), &status) != 0) throw file_failure("read", folder, errno);
    return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

}  // namespace backupwatch
