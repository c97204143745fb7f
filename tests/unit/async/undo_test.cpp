#include "async/undo.hpp"

#include "core/time/time.hpp"
#include "support/loop.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <stdexcept>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

Task<> clean(bool& is_clean) {
    co_await sleep_for(100ms);
    is_clean = true;
}

Task<> refuse() {
    throw std::runtime_error("cannot be removed");
    co_return;
}

/// Ends early, undoes what it did, and waits for another try, as a dump does.
Task<> end_early(Duration work, bool& is_clean, bool& is_at_rest) {
    try {
        co_await sleep_for(work);
    } catch (const boost::system::system_error&) {
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    auto cleaning = clean(is_clean);
    co_await undo(std::move(cleaning));
    is_at_rest = true;
    co_await sleep_for(1h);
}

class Cancelled : public testing::TestWithParam<Duration> {};

TEST_P(Cancelled, before_and_while_it_undoes_a_task_undoes_all_and_can_be_cancelled_again) {
    asio::io_context loop{1};
    asio::cancellation_signal signal;
    bool is_clean = false;
    bool is_at_rest = false;
    bool has_ended = false;
    asio::co_spawn(
        loop,
        end_early(GetParam(), is_clean, is_at_rest),
        asio::bind_cancellation_slot(
            signal.slot(), [&](const std::exception_ptr&) { has_ended = true; }
        )
    );
    for (int times = 0; times < 2; ++times) {
        loop.run_for(30ms);
        signal.emit(asio::cancellation_type::terminal);
    }
    loop.run_for(300ms);
    EXPECT_TRUE(is_clean);
    EXPECT_TRUE(is_at_rest);
    EXPECT_FALSE(has_ended);

    signal.emit(asio::cancellation_type::terminal);
    loop.run_for(10s);
    EXPECT_TRUE(has_ended);
}

INSTANTIATE_TEST_SUITE_P(Undo, Cancelled, testing::Values(Duration(0), Duration(1h)));

TEST(Undo, passes_over_what_cannot_be_undone) {
    asio::io_context loop{1};
    EXPECT_NO_THROW(run_on(loop, undo(refuse())));
}

}  // namespace
}  // namespace backupwatch
