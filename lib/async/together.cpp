#include "async/together.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <utility>

namespace backupwatch {
namespace {

/// Asio 1.26 loses a coroutine that ends cancelled before it was suspended once: so it is, first.
Task<> begin(Task<> task) {
    co_await asio::post(asio::use_awaitable);
    co_await std::move(task);
}

}  // namespace

Task<> together(std::vector<Task<>> tasks) {
    if (tasks.empty()) co_return;
    const auto executor = co_await asio::this_coro::executor;
    using Operation = decltype(asio::co_spawn(executor, std::declval<Task<>>(), asio::deferred));
    std::vector<Operation> operations;
    operations.reserve(tasks.size());
    for (auto& task : tasks) {
        operations.push_back(asio::co_spawn(executor, begin(std::move(task)), asio::deferred));
    }
    auto group = asio::experimental::make_parallel_group(std::move(operations));
    auto condition = asio::experimental::wait_for_one_error();
    auto [order, failures] = co_await group.async_wait(condition, asio::use_awaitable);
    for (const auto index : order) {
        if (failures[index]) std::rethrow_exception(failures[index]);
    }
}

}  // namespace backupwatch
