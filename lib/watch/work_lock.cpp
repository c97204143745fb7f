#include "watch/work_lock.hpp"

#include "core/failure.hpp"

#include <sys/stat.h>

#include <utility>

namespace backupwatch {
namespace {

/// A lock on a file cannot be waited for without holding up a thread; it is asked for this often.
constexpr Duration retry = std::chrono::milliseconds(250);

/// The state's folder lets the drill's user pass; here nobody else has any business. Where one
/// cannot be made, the lock in it says so.
std::filesystem::path lock_file(const World& world, const WatchedSet& set) {
    std::filesystem::path folder = world.settings.state_dir;
    for (const std::string& name : {std::string("locks"), set.database}) {
        folder /= name;
        ::mkdir(folder.c_str(), 0700);
        ::chmod(folder.c_str(), 0700);
    }
    return folder / (set.settings.name + ".lock");
}

}  // namespace

Task<WorkLock> WorkLock::acquire(World& world, WatchedSet& set, std::string what) {
    auto turn = co_await set.turn.acquire();
    const auto file = lock_file(world, set);
    const Duration deadline = world.clock.uptime() + set.settings.grace;
    for (;;) {
        auto lock = FileLock::try_acquire(file);
        if (lock) co_return WorkLock(set, std::move(what), std::move(turn), std::move(*lock));
        if (world.clock.uptime() > deadline) {
            throw Failure(
                Failure::Kind::timeout,
                "another process has been dumping or drilling " + target_of(set) + " for " +
                    in_words(set.settings.grace)
            );
        }
        co_await pause(world.clock, retry);
    }
}

std::optional<WorkLock> WorkLock::try_acquire(World& world, WatchedSet& set, std::string what) {
    auto turn = set.turn.try_acquire();
    if (!turn) return std::nullopt;
    auto lock = FileLock::try_acquire(lock_file(world, set));
    if (!lock) return std::nullopt;
    return WorkLock(set, std::move(what), std::move(*turn), std::move(*lock));
}

WorkLock::WorkLock(WatchedSet& set, std::string what, Semaphore::Place turn, FileLock lock)
    : set_(&set), turn_(std::move(turn)), lock_(std::move(lock)) {
    set.running = std::move(what);
    set.progress = {};
}

WorkLock::WorkLock(WorkLock&& other) noexcept
    : set_(std::exchange(other.set_, nullptr)),
      turn_(std::move(other.turn_)),
      lock_(std::move(other.lock_)) {}

WorkLock::~WorkLock() {
    if (set_ != nullptr) set_->running.clear();
}

}  // namespace backupwatch
