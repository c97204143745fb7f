#include "watch/work_lock.hpp"

#include "core/failure.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
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
    const auto deadline = std::chrono::steady_clock::now() + set.settings.grace;
    auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    for (;;) {
        auto lock = FileLock::try_acquire(file);
        if (lock) {
            set.running = std::move(what);
            set.progress = {};
            co_return WorkLock(set, std::move(turn), std::move(*lock));
        }
        if (std::chrono::steady_clock::now() > deadline) {
            throw Failure(
                Failure::Kind::timeout,
                "another process has been dumping or drilling " + target_of(set) + " for " +
                    in_words(set.settings.grace)
            );
        }
        timer.expires_after(retry);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

WorkLock::WorkLock(WatchedSet& set, Semaphore::Place turn, FileLock lock)
    : set_(&set), turn_(std::move(turn)), lock_(std::move(lock)) {}

WorkLock::WorkLock(WorkLock&& other) noexcept
    : set_(std::exchange(other.set_, nullptr)),
      turn_(std::move(other.turn_)),
      lock_(std::move(other.lock_)) {}

WorkLock::~WorkLock() {
    if (set_ != nullptr) set_->running.clear();
}

}  // namespace backupwatch
