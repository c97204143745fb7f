#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <sys/eventfd.h>

#include <chrono>
#include <functional>

namespace backupwatch {

namespace asio = boost::asio;

/// Readable, and in Asio's reactor.
struct Ready {
    asio::posix::stream_descriptor stream;

    explicit Ready(asio::io_context& loop) : stream(loop, ::eventfd(0, EFD_CLOEXEC)) {}
    void tell() { ::eventfd_write(stream.native_handle(), 1); }
};

/// Calls `wait` on the loop, so that the next descriptor that is waited for is woken although it is
/// not ready. Two others are reported at once; whichever comes first closes the other, and what
/// `wait` waits for gets that one's place in the reactor.
inline void wake_wrongly(
    asio::io_context& loop, std::chrono::milliseconds time, const std::function<void()>& wait
) {
    Ready one(loop);
    Ready other(loop);
    bool has_begun = false;
    const auto begin = [&](Ready& closed) {
        return [&](boost::system::error_code error) {
            if (error || has_begun) return;
            has_begun = true;
            closed.stream.close();
            wait();
        };
    };
    one.stream.async_wait(asio::posix::stream_descriptor::wait_read, begin(other));
    other.stream.async_wait(asio::posix::stream_descriptor::wait_read, begin(one));
    loop.poll();
    one.tell();
    other.tell();
    loop.restart();
    loop.run_for(time);
}

}  // namespace backupwatch
