#include "async/semaphore.hpp"

#include "async/scope.hpp"
#include "core/time/time.hpp"
#include "support/loop.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

class SemaphoreTest : public testing::Test {
  protected:
    Task<> work(std::string name, Duration time) {
        const auto place = co_await semaphore.acquire();
        order += name;
        most = std::max(most, ++inside);
        asio::steady_timer timer(loop, time);
        boost::system::error_code woken;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        --inside;
    }

    Task<bool> takes_one_place() {
        const auto place = co_await semaphore.acquire();
        co_return true;
    }
    Task<bool> takes_all_places() {
        const auto first = co_await semaphore.acquire();
        const auto second = co_await semaphore.acquire();
        co_return true;
    }

    asio::io_context loop{1};
    Semaphore semaphore{2};
    Scope scope{loop.get_executor(), [](const std::string&, const std::string&) {}};
    Scope others{loop.get_executor(), [](const std::string&, const std::string&) {}};
    std::string order;
    int inside = 0;
    int most = 0;
};

TEST_F(SemaphoreTest, lets_in_as_many_as_its_limit_and_in_their_order) {
    for (const char* name : {"a", "b", "c", "d", "e", "f"}) scope.spawn(name, work(name, 2ms));

    run_on(loop, scope.drained());

    EXPECT_EQ(most, 2);
    EXPECT_EQ(order, "abcdef");
}

TEST_F(SemaphoreTest, lets_in_at_once_who_does_not_wait_or_not_at_all) {
    auto first = semaphore.try_acquire();
    auto second = semaphore.try_acquire();
    EXPECT_TRUE(first && second);
    EXPECT_FALSE(semaphore.try_acquire());
    first.reset();
    EXPECT_TRUE(semaphore.try_acquire()) << "and given back at once";
    EXPECT_TRUE(run_on(loop, takes_one_place()));
}

TEST_F(SemaphoreTest, forgets_who_was_cancelled_while_waiting) {
    // Long beside what a busy machine holds the loop up for.
    others.spawn("a", work("a", 300ms));
    others.spawn("b", work("b", 300ms));
    for (int i = 0; i < 10; ++i) scope.spawn("never", work("-", 1ms));
    asio::steady_timer soon(loop, 5ms);
    soon.async_wait([&](boost::system::error_code) { scope.cancel(); });
    run_on(loop, others.drained());

    EXPECT_TRUE(run_on(loop, takes_all_places()));
    EXPECT_EQ(order, "ab");
}

TEST_F(SemaphoreTest, loses_no_place_when_it_is_granted_and_cancelled_at_once) {
    for (int round = 0; round < 50; ++round) {
        Scope holders(loop.get_executor(), [](const std::string&, const std::string&) {});
        Scope waiters(loop.get_executor(), [](const std::string&, const std::string&) {});
        holders.spawn("a", work("", 1h));
        holders.spawn("b", work("", 1h));
        waiters.spawn("c", work("", 1ms));
        waiters.spawn("d", work("", 1ms));
        asio::steady_timer soon(loop, 1ms);
        soon.async_wait([&](boost::system::error_code) {
            holders.cancel();
            if (round % 2 == 0) {
                waiters.cancel();
            } else {
                asio::post(loop, [&] { waiters.cancel(); });
            }
        });
        loop.restart();
        loop.run();
        run_on(loop, holders.drained());
        run_on(loop, waiters.drained());

        ASSERT_TRUE(run_on(loop, takes_all_places())) << "round " << round;
    }
}

/// What a task meets that was cancelled while it did something that cannot be: its next await ends.
Task<> acquires_after_its_cancellation(Semaphore& semaphore, Scope& own) {
    own.cancel();
    const auto place = co_await semaphore.acquire();
}

TEST_F(SemaphoreTest, does_not_remember_a_task_that_was_cancelled_before_it_waited) {
    others.spawn("a", work("a", 10ms));
    others.spawn("b", work("b", 10ms));
    asio::steady_timer soon(loop, 2ms);
    soon.async_wait([&](boost::system::error_code) {
        scope.spawn("late", acquires_after_its_cancellation(semaphore, scope));
    });
    run_on(loop, others.drained());

    EXPECT_TRUE(run_on(loop, takes_all_places()));
}

}  // namespace
}  // namespace backupwatch
