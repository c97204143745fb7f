#pragma once
#include "async/task.hpp"
#include "core/time/time.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <future>
#include <stdexcept>
#include <utility>

namespace backupwatch {

/// Runs the loop until `task` has ended; returns or throws what it did.
template <class T>
T run_on(asio::io_context& loop, Task<T> task) {
    auto result = asio::co_spawn(loop, std::move(task), asio::use_future);
    loop.restart();
    while (result.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
        if (loop.run_one() == 0) throw std::logic_error("the task waits for nothing");
    }
    return result.get();
}

inline Task<> sleep_for(Duration duration) {
    asio::steady_timer timer(co_await asio::this_coro::executor, duration);
    co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace backupwatch
