#include "async/hanging_calls.hpp"

#include "core/failure.hpp"
#include "support/loop.hpp"

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <optional>
#include <thread>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

class HangingCall : public testing::Test {
  protected:
    ~HangingCall() override { mounted_again_.set_value(); }

    std::optional<Failure> run(
        const std::string& name, Duration limit, std::function<void()> call
    ) {
        try {
            run_on(loop_, calls_.run(name, limit, std::move(call)));
        } catch (const Failure& failure) {
            return failure;
        }
        return std::nullopt;
    }
    std::function<void()> hang() {
        return [mounted = mounted_] { mounted.wait(); };
    }

    asio::io_context loop_{1};
    HangingCalls calls_;

  private:
    std::promise<void> mounted_again_;
    std::shared_future<void> mounted_ = mounted_again_.get_future().share();
};

TEST_F(HangingCall, that_comes_back_is_like_any_other) {
    bool was_called = false;
    EXPECT_FALSE(run("one", 10s, [&] { was_called = true; }));
    EXPECT_TRUE(was_called);
    const auto failed =
        run("one", 10s, [] { throw Failure(Failure::Kind::missing, "there is nothing"); });
    EXPECT_EQ(failed->kind(), Failure::Kind::missing);
}

TEST_F(HangingCall, is_waited_for_so_long_and_is_not_begun_again) {
    EXPECT_EQ(run("one", 10ms, hang())->kind(), Failure::Kind::timeout);
    bool was_called = false;
    const auto again = run("one", 24h, [&] { was_called = true; });
    ASSERT_TRUE(again);
    EXPECT_EQ(again->kind(), Failure::Kind::timeout);
    EXPECT_STREQ(again->what(), "one hangs: an earlier call has not come back");
    EXPECT_FALSE(was_called);
}

TEST_F(HangingCall, that_is_merely_under_way_is_waited_for_by_the_next_of_its_name) {
    std::atomic<int> at_once = 0;
    std::atomic<int> most_at_once = 0;
    const auto call = [&] {
        most_at_once = std::max<int>(most_at_once, ++at_once);
        std::this_thread::sleep_for(20ms);
        --at_once;
    };
    int returned = 0;
    for (int i = 0; i < 3; ++i) {
        asio::co_spawn(loop_, calls_.run("one", 10s, call), [&](std::exception_ptr failure) {
            if (!failure) ++returned;
        });
    }
    loop_.run();

    EXPECT_EQ(returned, 3);
    EXPECT_EQ(most_at_once, 1);
}

TEST_F(HangingCall, is_not_joined_by_more_than_there_is_room_for) {
    HangingCalls two(2);
    const auto run_of_two = [&](const char* name, Duration limit, std::function<void()> call) {
        try {
            run_on(loop_, two.run(name, limit, std::move(call)));
        } catch (const Failure& failure) {
            return failure.kind();
        }
        return Failure::Kind::internal;
    };
    EXPECT_EQ(run_of_two("a", 10ms, hang()), Failure::Kind::timeout);
    EXPECT_EQ(run_of_two("b", 10ms, hang()), Failure::Kind::timeout);
    EXPECT_EQ(run_of_two("c", 10s, [] {}), Failure::Kind::exhausted);
}

TEST_F(HangingCall, holds_up_no_other) {
    EXPECT_EQ(run("one", 10ms, hang())->kind(), Failure::Kind::timeout);
    EXPECT_FALSE(run("another", 10s, [] {}));
}

}  // namespace
}  // namespace backupwatch
