#include "async/clock.hpp"

#include "async/scope.hpp"
#include "fakes/fake_clock.hpp"
#include "support/loop.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

class ClockTest : public testing::Test {
  protected:
    asio::io_context loop{1};
    std::unique_ptr<Clock> clock = make_clock(loop.get_executor());
};

TEST_F(ClockTest, waits_until_the_instant_is_reached) {
    const Instant instant = clock->now() + 30ms;

    run_on(loop, clock->wait(instant));

    EXPECT_GE(clock->now(), instant);
    EXPECT_LT(clock->now(), instant + 10s);
}

TEST_F(ClockTest, returns_at_once_for_an_instant_that_has_passed) {
    const Instant before = clock->now();

    run_on(loop, clock->wait(before));
    run_on(loop, clock->wait(before - 24h));
    run_on(loop, clock->wait(Instant{}));

    EXPECT_LT(clock->now(), before + 10s);
}

TEST_F(ClockTest, waits_for_nights_that_are_far_away_until_it_is_cancelled) {
    std::string failure;
    Scope scope(loop.get_executor(), [&](const std::string&, const std::string& what) {
        failure = what;
    });
    scope.spawn("tomorrow", clock->wait(clock->now() + 24h));
    scope.spawn("in a hundred years", clock->wait(clock->now() + 24h * 36525));
    asio::steady_timer soon(loop, 10ms);
    std::size_t waiting = 0;
    soon.async_wait([&](boost::system::error_code) {
        waiting = scope.size();
        scope.cancel();
    });

    run_on(loop, scope.drained());

    EXPECT_EQ(waiting, 2U);
    EXPECT_EQ(failure, "");
}

TEST_F(ClockTest, has_been_awake_no_longer_than_up) {
    const Duration awake = clock->awake();
    EXPECT_GT(awake, Duration(0));
    EXPECT_LE(awake, clock->uptime());
    EXPECT_GE(clock->awake(), awake);
}

TEST_F(ClockTest, pauses_by_uptime_however_the_time_of_day_is_set) {
    const Instant noon = parse_rfc3339("2026-11-22T12:00:00Z").value();
    FakeClock fake(loop, noon);
    Scope scope(loop.get_executor(), [](const std::string&, const std::string&) {});
    scope.spawn("pause", pause(fake, 1min));
    fake.settle();

    fake.set(noon + 24h);
    fake.advance(30s);
    EXPECT_EQ(scope.size(), 1u) << "ended early by a clock that was set ahead";
    fake.set(noon - 24h);
    fake.advance(30s);
    EXPECT_EQ(scope.size(), 0u) << "held up by a clock that was set back";
}

}  // namespace
}  // namespace backupwatch
