#include "async/on_own_thread.hpp"

#include "core/failure.hpp"
#include "core/system_failure.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <exception>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

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

void begin(const std::shared_ptr<Call>& call) {
    try {
        std::thread([call] { carry_out(call); }).detach();
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

}  // namespace

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
