#pragma once
#include "async/task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <utility>

namespace backupwatch {

enum class Ended { one, other };

/// Returns when one of the two has ended, and says which was first; the second is cancelled and
/// waited for. Rethrows what the one that ended first threw.
inline Task<Ended> either(Task<> one, Task<> other) {
    auto executor = co_await asio::this_coro::executor;
    auto first = asio::co_spawn(executor, std::move(one), asio::deferred);
    auto second = asio::co_spawn(executor, std::move(other), asio::deferred);
    auto group = asio::experimental::make_parallel_group(std::move(first), std::move(second));
    auto wait = asio::experimental::wait_for_one();
    auto [order, first_failure, second_failure] =
        co_await group.async_wait(wait, asio::use_awaitable);
    const std::exception_ptr failure = order[0] == 0 ? first_failure : second_failure;
    if (failure) std::rethrow_exception(failure);
    co_return order[0] == 0 ? Ended::one : Ended::other;
}

}  // namespace backupwatch
