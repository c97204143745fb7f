#pragma once
#include "async/semaphore.hpp"
#include "core/failure.hpp"
#include "process/file_lock.hpp"
#include "watch/world.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace backupwatch {

/// The right to dump or drill a set: one holder in this process, and one among all processes, so
/// that a drill by hand and the daemon take turns. Shown as what the set is doing while it is held.
class WorkLock {
  public:
    /// Waits for its turn until `deadline`, by uptime(): then throws Failure::timeout, saying what
    /// it waited for. Without one it waits for this process, whose work has limits of its own, and
    /// then for another process at most as long as the set's `grace`.
    static Task<WorkLock> acquire(
        World& world,
        WatchedSet& set,
        std::string what,
        std::optional<Duration> deadline = std::nullopt
    );
    /// Nothing where somebody holds it, or waits for it.
    static std::optional<WorkLock> try_acquire(World& world, WatchedSet& set, std::string what);

    WorkLock(WorkLock&& other) noexcept;
    WorkLock& operator=(WorkLock&&) = delete;
    ~WorkLock();

  private:
    WorkLock(WatchedSet& set, std::string what, Semaphore::Place turn, FileLock lock);

    WatchedSet* set_;
    Semaphore::Place turn_;
    FileLock lock_;
};

/// The files that processes lock for a set: its work, its program of `after_backup`, which runs
/// beside that, and an emergency restore, beside which nothing of the set is removed. No name of a
/// set makes one of another.
inline constexpr const char* work_lock = ".lock";
inline constexpr const char* hook_lock = ".after_backup";
inline constexpr const char* restore_lock = ".restore";
std::filesystem::path lock_file(const World& world, const WatchedSet& set, const char* kind);

/// That work of this set had to wait longer than its `grace`; `why` says for what.
Failure late_turn(const WatchedSet& set, const std::string& why);

}  // namespace backupwatch
