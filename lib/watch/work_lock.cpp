#include "watch/work_lock.hpp"

#include "async/acquire_within.hpp"

#include <sys/stat.h>

#include <utility>

namespace backupwatch {
namespace {

/// A lock on a file cannot be waited for without holding up a thread; it is asked for this often.
constexpr Duration retry = std::chrono::milliseconds(250);

Failure held_by_another_process(const WatchedSet& set) {
    return late_turn(set, "another process dumps or drills " + target_of(set));
}

Task<Semaphore::Place> turn_in_this_process(
    World& world, WatchedSet& set, std::optional<Duration> deadline
) {
    if (!deadline) co_return co_await set.turn.acquire();
    auto turn = co_await acquire_within(world.clock, set.turn, *deadline - world.clock.uptime());
    if (turn) co_return std::move(*turn);
    // Who has the turn and does nothing yet is the next to work on it after another process.
    if (set.running.empty()) throw held_by_another_process(set);
    throw late_turn(set, "a " + set.running + " of " + target_of(set) + " is not over");
}

}  // namespace

/// The state's folder lets the drill's user pass; here nobody else has any business. Where one
/// cannot be made, the lock in it says so.
std::filesystem::path lock_file(const World& world, const WatchedSet& set, const char* kind) {
    std::filesystem::path folder = world.settings.state_dir;
    for (const std::string& name : {std::string("locks"), set.database}) {
        folder /= name;
        ::mkdir(folder.c_str(), 0700);
        ::chmod(folder.c_str(), 0700);
    }
    return folder / (set.settings.name + kind);
}

Failure late_turn(const WatchedSet& set, const std::string& why) {
    return Failure(
        Failure::Kind::timeout,
        "its turn did not come within " + in_words(set.settings.grace) + ": " + why
    );
}

Task<WorkLock> WorkLock::acquire(
    World& world, WatchedSet& set, std::string what, std::optional<Duration> deadline
) {
    auto turn = co_await turn_in_this_process(world, set, deadline);
    const auto file = lock_file(world, set, work_lock);
    const Duration end = deadline.value_or(world.clock.uptime() + set.settings.grace);
    for (;;) {
        auto lock = FileLock::try_acquire(file);
        if (lock) co_return WorkLock(set, std::move(what), std::move(turn), std::move(*lock));
        if (world.clock.uptime() > end) throw held_by_another_process(set);
        co_await pause(world.clock, retry);
    }
}

std::optional<WorkLock> WorkLock::try_acquire(World& world, WatchedSet& set, std::string what) {
    auto turn = set.turn.try_acquire();
    if (!turn) return std::nullopt;
    auto lock = FileLock::try_acquire(lock_file(world, set, work_lock));
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
