#include "async/acquire_within.hpp"

#include "async/scope.hpp"
#include "fakes/fake_clock.hpp"
#include "support/loop.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

class AcquireWithin : public testing::Test {
  protected:
    ~AcquireWithin() override {
        scope.cancel();
        clock.settle();
        EXPECT_EQ(scope.size(), 0u);
    }

    void ask(Duration limit) {
        scope.spawn("who asks", asks(limit));
        clock.settle();
    }
    Task<> asks(Duration limit) {
        place = co_await acquire_within(clock, semaphore, limit);
        answers.push_back(place ? "a place" : "nothing");
    }

    Task<> gives_back_in(Duration time) {
        co_await pause(clock, time);
        holder.reset();
    }

    asio::io_context loop{1};
    FakeClock clock{loop, parse_rfc3339("2026-11-22T12:00:00Z").value()};
    Semaphore semaphore{1};
    std::optional<Semaphore::Place> holder = semaphore.try_acquire();
    std::optional<Semaphore::Place> place;
    std::vector<std::string> answers;
    Scope scope{loop.get_executor(), [](const std::string&, const std::string&) {}};
};

TEST_F(AcquireWithin, waits_as_long_as_it_may_and_no_longer) {
    ask(1h);
    clock.advance(59min);
    EXPECT_TRUE(answers.empty());
    clock.advance(1min);
    EXPECT_EQ(answers, std::vector<std::string>{"nothing"});

    holder.reset();
    EXPECT_TRUE(semaphore.try_acquire()) << "it left the queue";
}

TEST_F(AcquireWithin, has_the_place_that_comes_free_in_time) {
    ask(1h);
    holder.reset();
    clock.settle();
    EXPECT_EQ(answers, std::vector<std::string>{"a place"});
    EXPECT_FALSE(semaphore.try_acquire());

    clock.advance(2h);
    EXPECT_FALSE(semaphore.try_acquire()) << "it is kept";
    place.reset();
    EXPECT_TRUE(semaphore.try_acquire());
}

TEST_F(AcquireWithin, loses_no_place_that_comes_as_the_time_is_over) {
    ask(1h);
    scope.spawn("who has it", gives_back_in(1h));
    clock.settle();
    clock.advance(1h);
    ASSERT_EQ(answers.size(), 1u);
    place.reset();
    EXPECT_TRUE(semaphore.try_acquire());
}

TEST_F(AcquireWithin, does_not_wait_where_no_time_is_left) {
    ask(-1s);
    EXPECT_EQ(answers, std::vector<std::string>{"nothing"});
    holder.reset();
    ask(0s);
    EXPECT_EQ(answers.back(), "a place");
}

TEST_F(AcquireWithin, that_is_cancelled_holds_nothing) {
    ask(1h);
    scope.cancel();
    clock.settle();
    EXPECT_EQ(scope.size(), 0u);
    EXPECT_TRUE(answers.empty());
    holder.reset();
    EXPECT_TRUE(semaphore.try_acquire());
}

}  // namespace
}  // namespace backupwatch
