#include "async/pool.hpp"

#include "support/loop.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

struct ThreadOfJob {
    std::thread::id operator()() const { return std::this_thread::get_id(); }
};

Task<bool> job_ran_elsewhere_and_came_back(Pool& pool) {
    const auto loop = std::this_thread::get_id();
    const ThreadOfJob job;
    const auto there = co_await pool.run(job);
    co_return there != loop&& std::this_thread::get_id() == loop;
}

TEST(Pool, runs_a_job_on_another_thread_and_returns_to_the_loop) {
    asio::io_context loop(1);
    Pool pool(2);

    EXPECT_TRUE(run_on(loop, job_ran_elsewhere_and_came_back(pool)));
}

struct Fails {
    int operator()() const { throw std::runtime_error("no such table"); }
};

TEST(Pool, throws_on_the_loop_what_a_job_threw) {
    asio::io_context loop(1);
    Pool pool(1);

    try {
        run_on(loop, pool.run(Fails{}));
        FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "no such table");
    }
}

struct MovesText {
    std::unique_ptr<std::string> text;
    std::unique_ptr<std::string> operator()() { return std::move(text); }
};

TEST(Pool, moves_what_can_only_be_moved_in_and_out) {
    asio::io_context loop(1);
    Pool pool(1);
    auto job = MovesText{std::make_unique<std::string>("a capture that is destroyed once")};

    const auto text = run_on(loop, pool.run(std::move(job)));

    EXPECT_EQ(*text, "a capture that is destroyed once");
}

Task<int> hundred_jobs(Pool& pool) {
    int sum = 0;
    const std::string owned(100, 'x');
    for (int i = 0; i < 100; ++i) {
        auto job = [owned] { return static_cast<int>(owned.size()); };
        sum += co_await pool.run(std::move(job));
    }
    co_return sum;
}

TEST(Pool, runs_jobs_with_captures_one_after_the_other) {
    asio::io_context loop(1);
    Pool pool(4);

    EXPECT_EQ(run_on(loop, hundred_jobs(pool)), 10000);
}

struct Slow {
    std::atomic<bool>* ended;
    void operator()() const {
        std::this_thread::sleep_for(50ms);
        ended->store(true);
    }
};

TEST(Pool, lets_a_job_end_whose_caller_was_cancelled) {
    asio::io_context loop(1);
    Pool pool(1);
    std::atomic<bool> ended = false;
    bool had_ended = false;
    asio::cancellation_signal stop;

    auto job = Slow{&ended};
    auto after = [&](std::exception_ptr) { had_ended = ended; };
    asio::co_spawn(
        loop, pool.run(std::move(job)), asio::bind_cancellation_slot(stop.slot(), after)
    );
    auto cancel = [&] { stop.emit(asio::cancellation_type::terminal); };
    asio::steady_timer soon(loop, 10ms);
    soon.async_wait([&](boost::system::error_code) { cancel(); });
    loop.run();

    EXPECT_TRUE(had_ended) << "the caller went on while its job still used what it owns";
}

}  // namespace
}  // namespace backupwatch
