#include "process/workspace.hpp"

#include "core/failure.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr const char* lock_name = ".lock";

[[noreturn]] void fail(const std::string& operation, const fs::path& path, int error) {
    const bool full = error == ENOSPC || error == EDQUOT || error == EMFILE || error == ENFILE;
    const bool denied = error == EACCES || error == EPERM || error == EROFS;
    const auto kind = full     ? Failure::Kind::exhausted
                      : denied ? Failure::Kind::denied
                               : Failure::Kind::rejected;
    throw Failure(
        kind,
        "cannot " + operation + " " + path.string() + ": " + std::system_category().message(error)
    );
}

void sync_folder(const fs::path& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) fail("open", folder, errno);
    const int synced = ::fsync(descriptor);
    const int error = errno;
    ::close(descriptor);
    if (synced < 0) fail("sync", folder, error);
}

/// The descriptor of the lock, or -1 where someone else holds it. A missing lock file is a folder
/// whose owner died between mkdir and open: it is created then.
int try_lock(const fs::path& folder) {
    const fs::path file = folder / lock_name;
    const int lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0) return -1;
    if (::flock(lock, LOCK_EX | LOCK_NB) < 0) {
        ::close(lock);
        return -1;
    }
    return lock;
}

bool is_held(const fs::path& folder) {
    const fs::path file = folder / lock_name;
    const int lock = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (lock < 0) return false;
    const bool held = ::flock(lock, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    ::close(lock);
    return held;
}

void remove_with_processes(const fs::path& folder) {
    kill_processes_in(folder);
    std::error_code ignored;
    fs::remove_all(folder, ignored);
}

}  // namespace

Workspace Workspace::create(
    const fs::path& parent, std::string_view prefix, std::string_view name, std::optional<User> user
) {
    const fs::path path = parent / (std::string(prefix) + std::string(name));
    if (::mkdir(path.c_str(), 0700) < 0) fail("create", path, errno);
    Workspace workspace(path, try_lock(path));
    if (workspace.lock_ < 0) fail("lock", path, errno);
    if (user && ::chown(path.c_str(), user->uid, user->gid) < 0) fail("hand over", path, errno);
    return workspace;
}

Workspace::Workspace(Workspace&& other) noexcept
    : path_(std::exchange(other.path_, {})), lock_(std::exchange(other.lock_, -1)) {}

Workspace& Workspace::operator=(Workspace&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(lock_, other.lock_);
    return *this;
}

Workspace::~Workspace() {
    if (!path_.empty()) remove_with_processes(path_);
    if (lock_ >= 0) ::close(lock_);
}

void Workspace::publish(std::string_view final_name) {
    const fs::path target = path_.parent_path() / std::string(final_name);
    if (::unlink((path_ / lock_name).c_str()) < 0) fail("remove the lock of", path_, errno);
    sync_folder(path_);
    // RENAME_NOREPLACE: two dumps of one second must not swallow each other.
    if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) < 0) {
        fail("rename " + path_.string() + " to", target, errno);
    }
    path_.clear();
    sync_folder(target.parent_path());
}

std::vector<std::string> Workspace::remove_stale(
    const fs::path& parent,
    std::string_view prefix,
    const std::function<void(const fs::path&)>& clear
) {
    std::vector<std::string> removed;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(parent, missing)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(prefix) || !entry.is_directory() || entry.is_symlink()) continue;
        const int lock = try_lock(entry.path());
        if (lock < 0) continue;
        if (clear) clear(entry.path());
        remove_with_processes(entry.path());
        ::close(lock);
        removed.push_back(name);
    }
    return removed;
}

std::vector<std::string> Workspace::in_use(const fs::path& parent, std::string_view prefix) {
    std::vector<std::string> names;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(parent, missing)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(prefix) && is_held(entry.path())) {
            names.push_back(name.substr(prefix.size()));
        }
    }
    return names;
}

}  // namespace backupwatch
