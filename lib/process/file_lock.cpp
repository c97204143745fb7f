#include "process/file_lock.hpp"

#include "core/system_failure.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace backupwatch {

std::optional<FileLock> FileLock::try_acquire(const std::filesystem::path& file) {
    std::error_code ignored;
    if (std::filesystem::create_directories(file.parent_path(), ignored)) {
        ::chmod(file.parent_path().c_str(), 0711);
    }
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) throw system_failure("open the lock " + file.string(), errno);
    FileLock lock(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno != EWOULDBLOCK) throw system_failure("lock " + file.string(), errno);
    return std::nullopt;
}

bool FileLock::is_held(const std::filesystem::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0) return false;
    // Shared, so that those who look do not see each other; and given back at once.
    const bool held = ::flock(descriptor, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    ::close(descriptor);
    return held;
}

FileLock::~FileLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace backupwatch
