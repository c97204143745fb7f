#pragma once
#include "async/task.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <list>
#include <optional>
#include <utility>

namespace backupwatch {

/// At most `limit` holders at a time, first come, first served. Used on the loop only.
class Semaphore {
  public:
    /// Gives its place back when it goes.
    class Place {
      public:
        Place() = default;
        explicit Place(Semaphore* owner) : owner_(owner) {}
        Place(Place&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
        Place& operator=(Place&& other) noexcept {
            std::swap(owner_, other.owner_);
            return *this;
        }
        ~Place() {
            if (owner_ != nullptr) owner_->release();
        }

      private:
        Semaphore* owner_ = nullptr;
    };

    explicit Semaphore(int limit) : limit_(limit), free_(limit) {}

    /// Waits its turn; ends with operation_aborted when cancelled, and then holds nothing.
    Task<Place> acquire();
    /// Nothing where it would have to wait.
    std::optional<Place> try_acquire();
    /// From now on; who holds a place keeps it.
    void set_limit(int limit);

  private:
    void release();
    void admit();

    class Waiter;

    int limit_;
    int free_;  ///< below zero while more hold a place than a lower limit allows
    std::list<Waiter*> waiting_;
};

}  // namespace backupwatch
