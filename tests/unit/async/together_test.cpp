#include "async/together.hpp"

#include "core/failure.hpp"
#include "support/loop.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

Task<> count_after(std::chrono::milliseconds duration, int& ended) {
    struct Count {
        int& ended;
        ~Count() { ++ended; }
    } count{ended};
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, duration);
    co_await timer.async_wait(asio::use_awaitable);
}

Task<> fail_soon() {
    int ended = 0;
    co_await count_after(5ms, ended);
    throw Failure(Failure::Kind::rejected, "no");
}

TEST(Together, waits_for_all) {
    asio::io_context loop(1);
    int ended = 0;
    std::vector<Task<>> tasks;
    for (int i = 1; i <= 3; ++i) tasks.push_back(count_after(i * 5ms, ended));

    run_on(loop, together(std::move(tasks)));

    EXPECT_EQ(ended, 3);
}

TEST(Together, of_nothing_is_over_at_once) {
    asio::io_context loop(1);
    std::vector<Task<>> none;

    run_on(loop, together(std::move(none)));
}

TEST(Together, throws_the_first_failure_once_all_the_others_have_ended) {
    asio::io_context loop(1);
    int ended = 0;
    std::vector<Task<>> tasks;
    tasks.push_back(count_after(1h, ended));
    tasks.push_back(fail_soon());
    tasks.push_back(count_after(1h, ended));

    EXPECT_THROW(run_on(loop, together(std::move(tasks))), Failure);
    EXPECT_EQ(ended, 2);
}

TEST(Together, passes_a_cancellation_on_to_all) {
    asio::io_context loop(1);
    int ended = 0;
    std::vector<Task<>> tasks;
    for (int i = 0; i < 3; ++i) tasks.push_back(count_after(1h, ended));
    asio::cancellation_signal signal;
    std::exception_ptr failure;
    auto note = [&failure](std::exception_ptr thrown) { failure = thrown; };
    asio::co_spawn(
        loop, together(std::move(tasks)), asio::bind_cancellation_slot(signal.slot(), note)
    );
    asio::steady_timer soon(loop, 10ms);
    soon.async_wait([&signal](auto) { signal.emit(asio::cancellation_type::terminal); });

    loop.run();

    EXPECT_TRUE(failure);
    EXPECT_EQ(ended, 3);
}

}  // namespace
}  // namespace backupwatch
