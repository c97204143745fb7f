#include "async/semaphore.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

namespace backupwatch {

/// A place in the queue. It leaves when it goes, whether by its turn, by a cancellation, or because
/// the await itself threw (Asio does that to a coroutine that was cancelled earlier).
class Semaphore::Waiter {
  public:
    Waiter(asio::any_io_executor executor, std::list<Waiter*>& queue)
        : turn(executor, asio::steady_timer::time_point::max()),
          queue_(queue),
          position_(queue.insert(queue.end(), this)) {}
    ~Waiter() {
        if (!granted) queue_.erase(position_);
    }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    asio::steady_timer turn;
    bool granted = false;

  private:
    std::list<Waiter*>& queue_;
    std::list<Waiter*>::iterator position_;
};

std::optional<Semaphore::Place> Semaphore::try_acquire() {
    if (free_ <= 0 || !waiting_.empty()) return std::nullopt;
    --free_;
    return Place(this);
}

Task<Semaphore::Place> Semaphore::acquire() {
    if (auto place = try_acquire()) co_return std::move(*place);
    const auto executor = co_await asio::this_coro::executor;
    Waiter waiter(executor, waiting_);
    boost::system::error_code woken;
    co_await waiter.turn.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    if (waiter.granted) co_return Place(this);
    throw boost::system::system_error(asio::error::operation_aborted);
}

void Semaphore::release() {
    ++free_;
    admit();
}

void Semaphore::set_limit(int limit) {
    free_ += limit - std::exchange(limit_, limit);
    admit();
}

/// A place passes straight to the next in the queue, so that nobody overtakes.
void Semaphore::admit() {
    while (free_ > 0 && !waiting_.empty()) {
        Waiter* next = waiting_.front();
        waiting_.pop_front();
        --free_;
        next->granted = true;
        next->turn.cancel();
    }
}

}  // namespace backupwatch
