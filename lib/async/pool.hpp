#pragma once
#include "async/task.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace backupwatch {

/// Threads for what would hold up the loop: file reads, hashing, compression, SQLite.
/// A job touches only what was moved into it, or what its owner keeps alive and does not touch
/// meanwhile. The destructor waits for the jobs it was given.
class Pool {
  public:
    explicit Pool(std::size_t threads) : threads_(threads) {}
    ~Pool() { threads_.join(); }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    /// Runs `job()` on a thread of the pool; returns its result, or throws what it threw, on the
    /// loop. Cancelling the caller does not end a job: keep jobs short (a chunk of a file, a
    /// transaction), or give them a flag to look at.
    template <class Job>
    Task<std::invoke_result_t<Job&>> run(Job job);

  private:
    template <class Job>
    struct Initiate;

    asio::thread_pool threads_;
};

/// A class instead of a lambda: g++ 12 destroys a capture of a lambda twice in an await.
template <class Job>
struct Pool::Initiate {
    using Result = std::invoke_result_t<Job&>;
    static constexpr bool is_void = std::is_void_v<Result>;
    using Value = std::conditional_t<is_void, std::nullptr_t, std::optional<Result>>;

    asio::thread_pool* threads;
    Job job;

    template <class Handler>
    void operator()(Handler&& handler) {
        auto executor = asio::get_associated_executor(handler);
        auto loop = asio::make_work_guard(executor);
        auto work = [job = std::move(job),
                     loop = std::move(loop),
                     handler = std::forward<Handler>(handler)]() mutable {
            std::exception_ptr failure;
            Value value{};
            try {
                // What the job owns goes with it, before the caller hears.
                Job once = std::move(job);
                if constexpr (is_void) {
                    once();
                } else {
                    value = once();
                }
            } catch (...) {
                failure = std::current_exception();
            }
            // Moved, not copied: the last reference to a thrown exception goes on the loop's
            // thread, and so does what keeps the loop at work.
            auto back = loop.get_executor();
            auto deliver = [loop = std::move(loop),
                            handler = std::move(handler),
                            failure = std::move(failure),
                            value = std::move(value)]() mutable {
                std::move(handler)(std::move(failure), std::move(value));
            };
            asio::post(back, std::move(deliver));
        };
        asio::post(*threads, std::move(work));
    }
};

template <class Job>
Task<std::invoke_result_t<Job&>> Pool::run(Job job) {
    using Value = typename Initiate<Job>::Value;
    using Signature = void(std::exception_ptr, Value);
    Initiate<Job> initiate{&threads_, std::move(job)};
    asio::use_awaitable_t<> token;
    auto value = co_await asio::async_initiate<asio::use_awaitable_t<>, Signature>(
        std::move(initiate), token
    );
    if constexpr (!Initiate<Job>::is_void) co_return std::move(*value);
}

}  // namespace backupwatch
