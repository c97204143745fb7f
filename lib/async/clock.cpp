#include "async/clock.hpp"

#include "core/failure.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/system/system_error.hpp>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <ctime>
#include <system_error>

namespace backupwatch {
namespace {

Duration read_clock(clockid_t clock) {
    timespec since_boot{};
    ::clock_gettime(clock, &since_boot);
    return std::chrono::floor<Duration>(
        std::chrono::seconds(since_boot.tv_sec) + std::chrono::nanoseconds(since_boot.tv_nsec)
    );
}

class RealtimeClock final : public Clock {
  public:
    explicit RealtimeClock(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    Instant now() const override {
        return std::chrono::floor<Duration>(std::chrono::system_clock::now());
    }

    Duration uptime() const override { return read_clock(CLOCK_BOOTTIME); }

    Duration awake() const override { return read_clock(CLOCK_MONOTONIC); }

    bool is_synchronised() const override {
        // Without a mode set it only reads. A sandbox may forbid even that: no reason to doubt.
        timex state{};
        if (::adjtimex(&state) < 0) return true;
        return (state.status & STA_UNSYNC) == 0;
    }

    Task<> wait(Instant instant) override {
        if (instant <= now()) co_return;
        asio::posix::stream_descriptor timer(executor_, armed(instant));
        // Reading the descriptor ends with ECANCELED when the clock was set: the caller looks
        // again.
        boost::system::error_code error;
        co_await timer.async_wait(
            asio::posix::stream_descriptor::wait_read,
            asio::redirect_error(asio::use_awaitable, error)
        );
        if (error) throw boost::system::system_error(error);
    }

  private:
    static int armed(Instant instant) {
        const int timer = ::timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
        if (timer < 0) throw std::system_error(errno, std::system_category(), "timerfd_create");
        const auto since_epoch = instant.time_since_epoch();
        const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
        itimerspec when{};
        when.it_value.tv_sec = seconds.count();
        when.it_value.tv_nsec = std::chrono::nanoseconds(since_epoch - seconds).count();
        const int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
        if (::timerfd_settime(timer, flags, &when, nullptr) < 0 && errno != ECANCELED) {
            const int failed = errno;
            ::close(timer);
            throw std::system_error(failed, std::system_category(), "timerfd_settime");
        }
        return timer;
    }

    asio::any_io_executor executor_;
};

}  // namespace

Task<> pause(Clock& clock, Duration duration) {
    const Duration end = clock.uptime() + duration;
    for (Duration rest = duration; rest > Duration(0); rest = end - clock.uptime()) {
        co_await clock.wait(clock.now() + rest);
    }
}

std::unique_ptr<Clock> make_clock(asio::any_io_executor executor) {
    return std::make_unique<RealtimeClock>(std::move(executor));
}

}  // namespace backupwatch
