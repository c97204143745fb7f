#pragma once
#include "async/task.hpp"
#include "core/time/time.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <list>
#include <string>

namespace backupwatch {

/// Owns coroutines that run on their own: nothing is detached. Used on the loop only; must outlive
/// its tasks, so await drained() before it goes.
class Scope {
  public:
    /// `on_failure(name, what)` hears of a task that ended with anything but a cancellation of
    /// ours.
    using OnFailure = std::function<void(const std::string&, const std::string&)>;

    Scope(asio::any_io_executor executor, OnFailure on_failure);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

    /// The task begins at the loop's next turn.
    void spawn(std::string name, Task<> task);
    /// Asks every task to end, and those that are spawned later at once. Returns immediately.
    void cancel();
    bool is_cancelled() const { return cancelled_; }
    /// Returns when no task is left.
    Task<> drained();
    std::size_t size() const { return tasks_.size(); }

  private:
    struct Entry {
        std::string name;
        asio::cancellation_signal signal;
        bool begun = false;
    };

    Task<> begin(Entry& entry, Task<> task);

    asio::any_io_executor executor_;
    OnFailure on_failure_;
    std::list<Entry> tasks_;
    asio::steady_timer empty_;
    bool cancelled_ = false;
};

}  // namespace backupwatch
