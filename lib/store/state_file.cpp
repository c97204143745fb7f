#include "store/state_file.hpp"

#include "core/failure.hpp"
#include "process/sync_folder.hpp"
#include "store/schema.hpp"
#include "store/sqlite_failure.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr const char* file_name = "state.db";
constexpr const char* damaged_prefix = "state.db.damaged-";
/// SQLite's own files beside it: its log and the index of that.
constexpr std::array companions{"-wal", "-shm"};

[[noreturn]] void fail_with_errno(const std::string& action, const fs::path& path) {
    const int error = errno;
    const bool full = error == ENOSPC || error == EDQUOT || error == EMFILE || error == ENFILE;
    throw Failure(
        full ? Failure::Kind::exhausted : Failure::Kind::denied,
        "cannot " + action + " \"" + path.string() + "\": " + std::system_category().message(error),
        full ? "Free space on the volume of the state folder."
             : "Give the state folder and its files to the user that runs this."
    );
}

fs::path beside(const fs::path& path, const char* suffix) {
    fs::path other = path;
    other += suffix;
    return other;
}

/// Held while the file is looked at, begun or moved: gone with the process that holds it.
class OpeningLock {
  public:
    explicit OpeningLock(const fs::path& folder) {
        const fs::path path = folder / "state.lock";
        descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (descriptor_ < 0) fail_with_errno("open", path);
        if (::flock(descriptor_, LOCK_EX) != 0) {
            ::close(descriptor_);
            fail_with_errno("lock", path);
        }
    }
    ~OpeningLock() { ::close(descriptor_); }
    OpeningLock(const OpeningLock&) = delete;
    OpeningLock& operator=(const OpeningLock&) = delete;

  private:
    int descriptor_ = -1;
};

void make_folder(const fs::path& folder) {
    std::error_code error;
    if (fs::is_directory(folder, error)) return;
    if (folder.has_parent_path()) fs::create_directories(folder.parent_path(), error);
    // Others may pass through, to the work folder in it and its throw-away clusters, which as root
    // belong to another user; what lies here is for the owner alone.
    if (::mkdir(folder.c_str(), 0711) != 0) {
        if (errno != EEXIST) fail_with_errno("make", folder);
    } else if (::chmod(folder.c_str(), 0711) != 0) {
        fail_with_errno("open up", folder);
    }
}

void make_empty_file(const fs::path& path) {
    const int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    const int descriptor = ::open(path.c_str(), flags, 0600);
    if (descriptor < 0) fail_with_errno("make", path);
    ::close(descriptor);
}

/// Beside, then renamed: a file that is named state.db has been whole once, so an empty or a short
/// one is damage and not the trace of a crash at the first start.
void begin_new(const fs::path& path) {
    const fs::path fresh = beside(path, ".new");
    fs::remove(fresh);
    for (const char* suffix : companions) fs::remove(beside(fresh, suffix));
    make_empty_file(fresh);
    {
        Database database(fresh.string());
        bring_up_to_date(database, schema_steps());
    }
    fs::rename(fresh, path);
    sync_folder(path.parent_path());
}

/// The file itself first: its log without it is recognised at the next start, it without its log
/// would look like a good but older state.
void move_aside(const fs::path& path, Instant now) {
    const std::string stamp = damaged_prefix + to_rfc3339(now);
    fs::path target = path.parent_path() / stamp;
    for (int number = 2; fs::exists(fs::symlink_status(target)); ++number) {
        target = path.parent_path() / (stamp + "-" + std::to_string(number));
    }
    if (!fs::exists(path)) make_empty_file(path);
    fs::rename(path, target);
    for (const char* suffix : companions) {
        const fs::path companion = beside(path, suffix);
        if (fs::exists(companion)) fs::rename(companion, beside(target, suffix));
    }
    sync_folder(path.parent_path());
}

void expect_sound(Database& database) {
    std::string verdict;
    Query query = database.query("PRAGMA quick_check(1)");
    if (query.next()) query.read(verdict);
    if (verdict != "ok") throw Failure(Failure::Kind::corrupt, verdict);
}

/// Null where it is damaged.
std::unique_ptr<Database> open_sound(const fs::path& path) {
    if (fs::file_size(path) == 0) return nullptr;
    if (::chmod(path.c_str(), 0600) != 0) fail_with_errno("restrict", path);
    errno = 0;
    try {
        auto database = std::make_unique<Database>(path.string());
        expect_sound(*database);
        bring_up_to_date(*database, schema_steps());
        return database;
    } catch (const SQLite::Exception& error) {
        const Failure failure = sqlite_failure("open the state", path, error, errno);
        if (failure.kind() != Failure::Kind::corrupt) throw failure;
    } catch (const Failure& failure) {
        if (failure.kind() != Failure::Kind::corrupt) throw;
    }
    return nullptr;
}

std::unique_ptr<Database> open_or_begin(const fs::path& path, Instant now) {
    const bool orphaned_log = fs::exists(beside(path, "-wal"));
    if (fs::exists(path)) {
        auto database = open_sound(path);
        if (database) return database;
        move_aside(path, now);
    } else if (orphaned_log) {
        move_aside(path, now);
    }
    begin_new(path);
    return std::make_unique<Database>(path.string());
}

}  // namespace

std::unique_ptr<StateFile> StateFile::open(const fs::path& folder, Instant now) {
    const fs::path path = fs::absolute(folder) / file_name;
    try {
        make_folder(path.parent_path());
        const OpeningLock lock(path.parent_path());
        return std::make_unique<StateFile>(path, open_or_begin(path, now));
    } catch (const fs::filesystem_error& error) {
        errno = error.code().value();
        fail_with_errno("open the state", path);
    } catch (const SQLite::Exception& error) {
        throw sqlite_failure("begin a new state", path, error, errno);
    }
}

StateFile::StateFile(fs::path path, std::unique_ptr<Database> database)
    : path_(std::move(path)), database_(std::move(database)) {
    struct stat status {};
    if (::stat(path_.c_str(), &status) != 0) fail_with_errno("look at", path_);
    device_ = status.st_dev;
    inode_ = status.st_ino;
}

void StateFile::expect_in_place() const {
    struct stat status {};
    const bool found = ::stat(path_.c_str(), &status) == 0;
    if (found && status.st_dev == device_ && status.st_ino == inode_) return;
    throw Failure(
        Failure::Kind::missing,
        "the state \"" + path_.string() + "\" was removed or replaced while it was open",
        "Restart backupwatch."
    );
}

std::vector<fs::path> damaged_states(const fs::path& folder) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        const bool companion = name.ends_with(companions[0]) || name.ends_with(companions[1]);
        if (name.starts_with(damaged_prefix) && !companion) found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace backupwatch
