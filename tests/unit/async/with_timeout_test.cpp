#include "async/with_timeout.hpp"

#include "async/scope.hpp"
#include "support/loop.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

Task<std::string> says(std::string text, Duration after) {
    co_await sleep_for(after);
    co_return text;
}

Task<std::string> refuses(Duration after) {
    co_await sleep_for(after);
    throw Failure(Failure::Kind::denied, "password rejected");
}

class WithTimeout : public testing::Test {
  protected:
    asio::io_context loop{1};
};

TEST_F(WithTimeout, returns_what_the_task_returned_in_time) {
    EXPECT_EQ(run_on(loop, with_timeout(says("yes", 1ms), 10s, "the answer")), "yes");
    EXPECT_EQ(run_on(loop, with_timeout(says("at once", 0ms), 10s, "the answer")), "at once");
}

TEST_F(WithTimeout, throws_a_timeout_that_names_what_was_late_and_the_limit) {
    const auto begin = std::chrono::steady_clock::now();
    try {
        run_on(loop, with_timeout(sleep_for(1h), 20ms, "the log-in to \"orders\""));
        FAIL() << "nothing was thrown";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::timeout);
        EXPECT_STREQ(failure.what(), "no end of the log-in to \"orders\" within 20ms");
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

TEST_F(WithTimeout, surfaces_the_failure_of_the_task_at_once) {
    const auto begin = std::chrono::steady_clock::now();
    try {
        run_on(loop, with_timeout(refuses(1ms), 1min, "the log-in"));
        FAIL() << "nothing was thrown";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::denied);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
}

Task<> notes_its_end(std::string& end) {
    try {
        co_await sleep_for(1h);
        end = "slept";
    } catch (const boost::system::system_error& error) {
        end = error.code() == asio::error::operation_aborted ? "cancelled" : "failed";
        throw;
    }
}

TEST_F(WithTimeout, passes_a_cancellation_on_to_the_task_and_is_no_timeout_then) {
    std::string failure;
    std::string end;
    Scope scope(loop.get_executor(), [&](const std::string&, const std::string& what) {
        failure = what;
    });
    scope.spawn("waits", with_timeout(notes_its_end(end), 1h, "a night"));
    asio::steady_timer soon(loop, 10ms);
    soon.async_wait([&](boost::system::error_code) { scope.cancel(); });

    run_on(loop, scope.drained());

    EXPECT_EQ(end, "cancelled");
    EXPECT_EQ(failure, "");
}

TEST_F(WithTimeout, waits_for_the_clean_up_of_a_task_that_was_late) {
    std::string end;
    EXPECT_THROW(run_on(loop, with_timeout(notes_its_end(end), 5ms, "a night")), Failure);
    EXPECT_EQ(end, "cancelled");
}

TEST_F(WithTimeout, survives_tasks_that_end_just_at_the_limit) {
    int in_time = 0;
    int late = 0;
    for (int i = 0; i < 200; ++i) {
        try {
            run_on(loop, with_timeout(sleep_for(1ms), 1ms, "a race"));
            ++in_time;
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.kind(), Failure::Kind::timeout);
            ++late;
        }
    }
    EXPECT_EQ(in_time + late, 200);
}

}  // namespace
}  // namespace backupwatch
