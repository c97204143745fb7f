#pragma once
#include "async/clock.hpp"
#include "async/either.hpp"
#include "async/task.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace backupwatch {
namespace detail {

template <class Result>
struct Graced {
    explicit Graced(const asio::any_io_executor& executor)
        : news(executor, asio::steady_timer::time_point::max()) {}

    Result result{};
    std::exception_ptr failure;
    bool has_ended = false;
    asio::cancellation_signal break_off;
    asio::steady_timer news;
};

inline Task<> wait_for(asio::steady_timer& news) {
    boost::system::error_code woken;
    co_await news.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

}  // namespace detail

/// Awaits `task`, which a stop breaks off only after `grace`: then nothing is returned, for nobody
/// knows how far it came. After a stop cancellation is off for whoever called.
template <class Result>
Task<std::optional<Result>> with_grace(Task<Result> task, Clock& clock, Duration grace) {
    const auto executor = co_await asio::this_coro::executor;
    detail::Graced<Result> work(executor);
    auto ended = [&work](std::exception_ptr failure, Result result) {
        work.failure = failure;
        work.result = std::move(result);
        work.has_ended = true;
        work.news.cancel();
    };
    asio::co_spawn(
        executor,
        std::move(task),
        asio::bind_cancellation_slot(work.break_off.slot(), std::move(ended))
    );
    bool is_broken_off = false;
    if (!work.has_ended) co_await detail::wait_for(work.news);
    if (!work.has_ended) {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        auto time = pause(clock, grace);
        auto news = detail::wait_for(work.news);
        co_await either(std::move(time), std::move(news));
    }
    if (!work.has_ended) {
        is_broken_off = true;
        work.break_off.emit(asio::cancellation_type::terminal);
    }
    while (!work.has_ended) co_await detail::wait_for(work.news);
    // What ended just then in spite of that has ended.
    if (is_broken_off && work.failure) co_return std::nullopt;
    if (work.failure) std::rethrow_exception(work.failure);
    co_return std::optional<Result>(std::move(work.result));
}

}  // namespace backupwatch
