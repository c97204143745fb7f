#include "async/scope.hpp"

#include "core/failure.hpp"
#include "support/loop.hpp"

#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

class ScopeTest : public testing::Test {
  protected:
    Scope::OnFailure remember() {
        return [this](const std::string& name, const std::string& what) {
            failures.push_back(name + ": " + what);
        };
    }

    asio::io_context loop{1};
    std::vector<std::string> failures;
    Scope scope{loop.get_executor(), remember()};
};

Task<> fails_with(Failure failure) {
    throw failure;
    co_return;
}

Task<> counts(int& count) {
    ++count;
    co_return;
}

TEST_F(ScopeTest, drains_when_the_last_task_has_ended) {
    int ended = 0;
    scope.spawn("first", counts(ended));
    scope.spawn("second", counts(ended));

    run_on(loop, scope.drained());

    EXPECT_EQ(ended, 2);
    EXPECT_EQ(scope.size(), 0U);
}

TEST_F(ScopeTest, names_the_task_that_failed) {
    scope.spawn("disk of orders", fails_with(Failure(Failure::Kind::timeout, "no answer")));

    run_on(loop, scope.drained());

    EXPECT_EQ(failures, std::vector<std::string>{"disk of orders: no answer"});
}

TEST_F(ScopeTest, ends_sleeping_tasks_when_cancelled_and_calls_that_no_failure) {
    for (int i = 0; i < 100; ++i) scope.spawn("sleeper", sleep_for(1h));
    asio::steady_timer soon(loop, 5ms);
    soon.async_wait([&](boost::system::error_code) { scope.cancel(); });

    run_on(loop, scope.drained());

    EXPECT_TRUE(failures.empty());
    EXPECT_EQ(scope.size(), 0U);
}

TEST_F(ScopeTest, ends_a_task_that_was_cancelled_before_it_began) {
    int begun = 0;
    scope.spawn("late", counts(begun));
    scope.cancel();

    run_on(loop, scope.drained());

    EXPECT_EQ(begun, 0);
    EXPECT_EQ(scope.size(), 0U);
}

TEST_F(ScopeTest, does_not_begin_a_task_spawned_after_it_was_cancelled) {
    int begun = 0;
    scope.cancel();

    scope.spawn("late", counts(begun));
    loop.run();

    EXPECT_EQ(begun, 0);
}

Task<> cancels(Scope& scope) {
    scope.cancel();
    co_await sleep_for(1h);
}

TEST_F(ScopeTest, can_be_cancelled_by_its_own_task) {
    scope.spawn("sleeper", sleep_for(1h));
    scope.spawn("signal", cancels(scope));

    run_on(loop, scope.drained());

    EXPECT_TRUE(failures.empty());
}

Task<> aborts_by_itself() {
    throw boost::system::system_error(asio::error::operation_aborted);
    co_return;
}

TEST_F(ScopeTest, tells_of_a_task_that_was_aborted_though_nobody_cancelled) {
    scope.spawn("clock", aborts_by_itself());

    run_on(loop, scope.drained());

    ASSERT_EQ(failures.size(), 1U);
    EXPECT_EQ(failures[0].substr(0, 7), "clock: ");
}

TEST_F(ScopeTest, tells_of_a_failure_during_its_cancellation) {
    auto stubborn = []() -> Task<> {
        try {
            co_await sleep_for(1h);
        } catch (const boost::system::system_error&) {
            throw Failure(Failure::Kind::internal, "cannot remove the folder");
        }
    };
    scope.spawn("drill", stubborn());
    asio::steady_timer soon(loop, 5ms);
    soon.async_wait([&](boost::system::error_code) { scope.cancel(); });

    run_on(loop, scope.drained());

    EXPECT_EQ(failures, std::vector<std::string>{"drill: cannot remove the folder"});
}

}  // namespace
}  // namespace backupwatch
