#pragma once
#include "async/task.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <list>
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

    explicit Semaphore(int limit) : free_(limit) {}

    /// Waits its turn; ends with operation_aborted when cancelled, and then holds nothing.
    Task<Place> acquire();

  private:
    void release();

    class Waiter;

    int free_;
    std::list<Waiter*> waiting_;
};

}  // namespace backupwatch
