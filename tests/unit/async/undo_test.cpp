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

/// What became of a task that undoes what it did.
struct Undone {
    bool is_begun = false;
    bool is_clean = false;
    bool is_at_rest = false;
    bool has_ended = false;
};

Task<> clean(Undone& undone) {
    undone.is_begun = true;
    co_await sleep_for(100ms);
    undone.is_clean = true;
}

Task<> refuse() {
    throw std::runtime_error("cannot be removed");
    co_return;
}

/// Ends early, undoes what it did, and waits for another try, as a dump does.
Task<> end_early(Duration work, Undone& undone) {
    try {
        co_await sleep_for(work);
    } catch (const boost::system::system_error&) {
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    auto cleaning = clean(undone);
    co_await undo(std::move(cleaning));
    undone.is_at_rest = true;
    co_await sleep_for(1h);
}

/// Runs it until that is so, ten seconds at most.
void run_until(asio::io_context& loop, const bool& is_so) {
    for (int times = 0; !is_so && times < 2000; ++times) loop.run_for(5ms);
}

class Cancelled : public testing::TestWithParam<Duration> {};

TEST_P(Cancelled, before_and_while_it_undoes_a_task_undoes_all_and_can_be_cancelled_again) {
    asio::io_context loop{1};
    asio::cancellation_signal signal;
    Undone undone;
    asio::co_spawn(
        loop,
        end_early(GetParam(), undone),
        asio::bind_cancellation_slot(
            signal.slot(), [&](const std::exception_ptr&) { undone.has_ended = true; }
        )
    );
    loop.run_for(30ms);
    signal.emit(asio::cancellation_type::terminal);
    run_until(loop, undone.is_begun);
    signal.emit(asio::cancellation_type::terminal);
    run_until(loop, undone.is_at_rest);
    EXPECT_TRUE(undone.is_clean);
    EXPECT_FALSE(undone.has_ended);

    signal.emit(asio::cancellation_type::terminal);
    run_until(loop, undone.has_ended);
    EXPECT_TRUE(undone.has_ended);
}

INSTANTIATE_TEST_SUITE_P(Undo, Cancelled, testing::Values(Duration(0), Duration(1h)));

TEST(Undo, passes_over_what_cannot_be_undone) {
    asio::io_context loop{1};
    EXPECT_NO_THROW(run_on(loop, undo(refuse())));
}

}  // namespace
}  // namespace backupwatch
