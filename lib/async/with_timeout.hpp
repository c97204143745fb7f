#pragma once
#include "async/task.hpp"
#include "core/failure.hpp"
#include "core/time/time.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <string>
#include <type_traits>
#include <utility>

namespace backupwatch {

/// Runs `task`, cancelling it when `limit` passes; then throws Failure::timeout that names `what`.
/// The task's own failure surfaces at once; an outer cancellation reaches the task. T must be
/// default-constructible. (`task || timer` would wait for one success and lose the failure.)
template <class T>
Task<T> with_timeout(Task<T> task, Duration limit, std::string what) {
    auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, limit);
    auto work = asio::co_spawn(executor, std::move(task), asio::deferred);
    auto alarm = timer.async_wait(asio::deferred);
    auto group = asio::experimental::make_parallel_group(std::move(work), alarm);
    auto first = asio::experimental::wait_for_one();
    const std::string late = "no end of " + what + " within " + to_text(limit);
    if constexpr (std::is_void_v<T>) {
        auto [order, failure, error] = co_await group.async_wait(first, asio::use_awaitable);
        if (order[0] == 1 && !error) throw Failure(Failure::Kind::timeout, late);
        if (failure) std::rethrow_exception(failure);
    } else {
        auto [order, failure, value, error] = co_await group.async_wait(first, asio::use_awaitable);
        if (order[0] == 1 && !error) throw Failure(Failure::Kind::timeout, late);
        if (failure) std::rethrow_exception(failure);
        co_return std::move(value);
    }
}

}  // namespace backupwatch
