#include "async/on_own_thread.hpp"

#include "async/with_timeout.hpp"
#include "core/failure.hpp"
#include "support/loop.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>

namespace backupwatch {
namespace {

using std::chrono::milliseconds;

TEST(OnOwnThread, returns_to_the_loop_when_the_call_has_ended) {
    asio::io_context loop(1);
    std::thread::id where;

    run_on(loop, on_own_thread([&where] { where = std::this_thread::get_id(); }));

    EXPECT_NE(where, std::thread::id());
    EXPECT_NE(where, std::this_thread::get_id());
}

TEST(OnOwnThread, throws_what_the_call_threw) {
    asio::io_context loop(1);

    EXPECT_THROW(
        run_on(loop, on_own_thread([] { throw std::out_of_range("no"); })), std::out_of_range
    );
}

TEST(OnOwnThread, lets_a_cancelled_caller_go_on_while_the_call_still_blocks) {
    asio::io_context loop(1);
    auto release = std::make_shared<std::promise<void>>();
    auto ended = std::make_shared<std::promise<void>>();
    auto end = ended->get_future();
    std::function<void()> job = [release, ended] {
        release->get_future().wait();
        ended->set_value();
    };

    EXPECT_THROW(
        run_on(
            loop, with_timeout(on_own_thread(std::move(job)), milliseconds(50), "a blocking call")
        ),
        Failure
    );

    EXPECT_EQ(end.wait_for(milliseconds(0)), std::future_status::timeout);
    release->set_value();
    EXPECT_EQ(end.wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST(OnOwnThread, holds_up_no_other_call) {
    asio::io_context loop(1);
    auto release = std::make_shared<std::promise<void>>();
    std::shared_future<void> released(release->get_future());
    std::atomic<int> ended = 0;
    auto count = [&ended](std::exception_ptr) { ++ended; };

    asio::co_spawn(loop, on_own_thread([released] { released.wait(); }), count);
    asio::co_spawn(loop, on_own_thread([] {}), count);
    loop.run_for(milliseconds(200));
    const int before = ended;
    release->set_value();
    loop.run();

    EXPECT_EQ(before, 1);
    EXPECT_EQ(ended, 2);
}

TEST(OnOwnThread, is_waited_for_at_the_end_of_the_program_but_not_for_ever) {
    asio::io_context loop(1);
    auto release = std::make_shared<std::promise<void>>();
    auto has_ended = std::make_shared<std::atomic<bool>>(false);
    std::function<void()> job = [release, has_ended] {
        release->get_future().wait();
        std::this_thread::sleep_for(milliseconds(100));
        *has_ended = true;
    };
    const auto call = [&] {
        return with_timeout(on_own_thread(job), milliseconds(20), "a blocking call");
    };
    EXPECT_THROW(run_on(loop, call()), Failure);
    release->set_value();

    EXPECT_TRUE(join_own_threads(std::chrono::seconds(10)));
    EXPECT_TRUE(*has_ended);

    *release = std::promise<void>();
    EXPECT_THROW(run_on(loop, call()), Failure);
    EXPECT_FALSE(join_own_threads(milliseconds(50)));
    release->set_value();
    EXPECT_TRUE(join_own_threads(milliseconds(50))) << "nobody is waited for twice";
    while (release.use_count() > 2) std::this_thread::sleep_for(milliseconds(1));
}

}  // namespace
}  // namespace backupwatch
