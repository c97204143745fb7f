#pragma once
#include "async/semaphore.hpp"
#include "process/file_lock.hpp"
#include "watch/world.hpp"

#include <optional>
#include <string>

namespace backupwatch {

/// The right to dump or drill a set: one holder in this process, and one among all processes, so
/// that a drill by hand and the daemon take turns. Shown as what the set is doing while it is held.
class WorkLock {
  public:
    /// Waits for its turn in this process, whose work has limits of its own; then for another
    /// process, at most as long as the set's `grace`: then throws Failure::timeout.
    static Task<WorkLock> acquire(World& world, WatchedSet& set, std::string what);
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

}  // namespace backupwatch
