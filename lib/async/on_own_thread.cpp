#include "async/on_own_thread.hpp"

#include "core/failure.hpp"
#include "core/system_failure.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <exception>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace backupwatch {
namespace {

/// Belongs to the caller and to the thread; whoever ends last closes the descriptor.
struct Call {
    std::function<void()> job;
    std::exception_ptr failure;
    std::atomic<bool> done{false};
    int ended = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    Call() = default;
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    ~Call() {
        if (ended >= 0) ::close(ended);
    }
};

void carry_out(const std::shared_ptr<Call>& call) {
    try {
        call->job();
    } catch (...) {
        call->failure = std::current_exception();
    }
    // What the job owned goes here, not with a caller that may be long gone.
    call->job = nullptr;
    call->done = true;
    ::eventfd_write(call->ended, 1);
}

/// All that were begun and not seen to end. Never destroyed: a thread may outlive main().
struct OwnThreads {
    struct Running {
        std::thread thread;
        std::weak_ptr<Call> call;  ///< gone: it has let go of all
    };
    std::mutex mutex;
    std::vector<Running> running;
    std::vector<Running> past;  ///< ended by their handles, or given up

    static OwnThreads& all() {
        static auto& threads = *new OwnThreads();
        return threads;
    }
    /// Those that are at their end: joining them takes no time.
    void join_ended() {
        std::erase_if(running, [](Running& one) {
            const auto call = one.call.lock();
            if (call && !call->done) return false;
            one.thread.join();
            return true;
        });
    }
};

void begin(const std::shared_ptr<Call>& call) {
    OwnThreads& threads = OwnThreads::all();
    const std::lock_guard lock(threads.mutex);
    threads.join_ended();
    threads.running.reserve(threads.running.size() + 1);
    try {
        threads.running.push_back({std::thread([call] { carry_out(call); }), call});
    } catch (const std::system_error& error) {
        throw Failure(
            Failure::Kind::exhausted, std::string("cannot begin a thread: ") + error.what()
        );
    }
}

/// Looks at a descriptor of someone else's: gives it back instead of closing it.
struct Borrowed {
    asio::posix::stream_descriptor descriptor;

    Borrowed(const asio::any_io_executor& executor, int number) : descriptor(executor, number) {}
    ~Borrowed() { descriptor.release(); }
};

timespec deadline_after(std::chrono::milliseconds limit) {
    timespec deadline{};
    ::clock_gettime(CLOCK_MONOTONIC, &deadline);
    const auto at = std::chrono::nanoseconds(limit) + std::chrono::nanoseconds(deadline.tv_nsec);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
    deadline.tv_sec += seconds.count();
    deadline.tv_nsec = (at - seconds).count();
    return deadline;
}

}  // namespace

bool join_own_threads(std::chrono::milliseconds limit) {
    const timespec deadline = deadline_after(limit);
    OwnThreads& threads = OwnThreads::all();
    const std::lock_guard lock(threads.mutex);
    bool have_all_ended = true;
    for (OwnThreads::Running& one : threads.running) {
        const auto handle = one.thread.native_handle();
        const bool has_ended =
            ::pthread_clockjoin_np(handle, nullptr, CLOCK_MONOTONIC, &deadline) == 0;
        have_all_ended = have_all_ended && has_ended;
    }
    std::ranges::move(threads.running, std::back_inserter(threads.past));
    threads.running.clear();
    return have_all_ended;
}

Task<> on_own_thread(std::function<void()> job) {
    auto executor = co_await asio::this_coro::executor;
    auto call = std::make_shared<Call>();
    if (call->ended < 0) throw system_failure("begin a thread", errno);
    call->job = std::move(job);
    Borrowed ended(executor, call->ended);
    begin(call);
    while (!call->done) {
        co_await ended.descriptor.async_wait(
            asio::posix::stream_descriptor::wait_read, asio::use_awaitable
        );
    }
    // Taken out: who catches it reads it, while the thread may be letting go of the call.
    if (call->failure) std::rethrow_exception(std::exchange(call->failure, nullptr));
}

}  // namespace backupwatch
