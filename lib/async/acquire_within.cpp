#include "async/acquire_within.hpp"

#include "async/either.hpp"

#include <utility>

namespace backupwatch {
namespace {

/// Into what outlives it: a place that comes at the very moment the alarm rings is not lost.
Task<> wait_for_place(Semaphore& semaphore, std::optional<Semaphore::Place>& place) {
    Semaphore::Place granted = co_await semaphore.acquire();
    place.emplace(std::move(granted));
}

}  // namespace

Task<std::optional<Semaphore::Place>> acquire_within(
    Clock& clock, Semaphore& semaphore, Duration limit
) {
    auto place = semaphore.try_acquire();
    if (place || limit <= Duration(0)) co_return std::move(place);
    auto waiting = wait_for_place(semaphore, place);
    auto alarm = pause(clock, limit);
    co_await either(std::move(waiting), std::move(alarm));
    co_return std::move(place);
}

}  // namespace backupwatch
