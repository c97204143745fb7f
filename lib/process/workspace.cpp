#include "process/workspace.hpp"

#include "core/system_failure.hpp"
#include "process/descriptor.hpp"
#include "process/sync_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& operation, const fs::path& path, int error) {
    throw system_failure(operation + " " + path.string(), error);
}

/// The descriptor of the lock, or -1 where someone else holds it. A missing lock file is a folder
/// whose owner died between mkdir and open: it is created then.
int try_lock(const fs::path& folder) {
    const fs::path file = folder / Workspace::lock_name;
    const int lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0) return -1;
    if (::flock(lock, LOCK_EX | LOCK_NB) < 0) {
        ::close(lock);
        return -1;
    }
    return lock;
}

bool is_held(const fs::path& folder) {
    const fs::path file = folder / Workspace::lock_name;
    const int lock = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (lock < 0) return false;
    const bool held = ::flock(lock, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    ::close(lock);
    return held;
}

std::vector<fs::path> folders_in(const fs::path& parent, std::string_view prefix) {
    std::vector<fs::path> folders;
    std::error_code error;
    for (fs::directory_iterator entry(parent, error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code gone;
        const bool is_folder = fs::is_directory(entry->symlink_status(gone));
        const std::string name = entry->path().filename().string();
        if (is_folder && name.starts_with(prefix)) folders.push_back(entry->path());
    }
    return folders;
}

/// What ran in it may have closed its folders even to itself; their owner may open them again.
/// Symbolic links are not followed.
void open_up(const fs::path& folder) {
    std::error_code error;
    fs::permissions(folder, fs::perms::owner_all, fs::perm_options::add, error);
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code gone;
        if (fs::is_directory(entry->symlink_status(gone))) open_up(entry->path());
    }
}

/// True where nothing is left. Does not throw: it runs where work has ended already.
bool remove_with_processes(const fs::path& folder) {
    std::error_code error;
    try {
        kill_processes_in(folder);
        fs::remove_all(folder, error);
        if (!error) return true;
        open_up(folder);
        fs::remove_all(folder, error);
    } catch (const std::exception&) {
        return false;
    }
    return !error;
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
    sync_folder(path_);
    // RENAME_NOREPLACE: two dumps of one second must not swallow each other.
    if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) < 0) {
        fail("rename " + path_.string() + " to", target, errno);
    }
    // Still ours to remove, until it is known to last.
    path_ = target;
    sync_folder(target.parent_path());
    // Last: without its lock, a folder with the old name would be taken for one left behind.
    if (::unlink((target / lock_name).c_str()) < 0) fail("remove the lock of", target, errno);
    path_.clear();
}

void Workspace::leave() {
    path_.clear();
    if (lock_ >= 0) ::close(std::exchange(lock_, -1));
}

std::vector<std::string> Workspace::remove_stale(
    const fs::path& parent,
    std::string_view prefix,
    const std::function<void(const fs::path&)>& clear
) {
    std::vector<std::string> removed;
    std::exception_ptr failure;
    for (const fs::path& folder : folders_in(parent, prefix)) {
        const Descriptor lock(try_lock(folder));
        if (!lock) continue;
        try {
            if (clear) clear(folder);
            if (remove_with_processes(folder)) removed.push_back(folder.filename().string());
        } catch (...) {
            if (!failure) failure = std::current_exception();
        }
    }
    if (failure) std::rethrow_exception(failure);
    return removed;
}

std::vector<std::string> Workspace::in_use(const fs::path& parent, std::string_view prefix) {
    std::vector<std::string> names;
    for (const fs::path& folder : folders_in(parent, prefix)) {
        if (is_held(folder)) names.push_back(folder.filename().string().substr(prefix.size()));
    }
    return names;
}

}  // namespace backupwatch
