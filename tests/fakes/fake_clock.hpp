#pragma once
#include "async/clock.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <map>

namespace backupwatch {

/// Time that passes when the test says so. Used with one io_context, on one thread.
class FakeClock final : public Clock {
  public:
    FakeClock(asio::io_context& loop, Instant start) : loop_(loop), now_(start) {}

    Instant now() const override { return now_; }
    Duration uptime() const override { return uptime_; }
    Duration awake() const override { return uptime_ - slept_; }
    bool is_synchronised() const override { return synchronised; }
    bool synchronised = true;

    Task<> wait(Instant instant) override {
        if (instant <= now_) co_return;
        auto executor = co_await asio::this_coro::executor;
        Sleeper sleeper{asio::steady_timer(executor, asio::steady_timer::time_point::max())};
        const auto place = sleepers_.emplace(instant, &sleeper);
        boost::system::error_code error;
        co_await sleeper.timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
        sleepers_.erase(place);
        if (!sleeper.is_woken) throw boost::system::system_error(error);
    }

    /// Lets this much time pass; everybody who waits for a moment within wakes at it, in order.
    void advance(Duration duration) {
        const Instant end = now_ + duration;
        settle();
        for (auto next = sleepers_.begin(); next != sleepers_.end() && next->first <= end;
             next = sleepers_.begin()) {
            pass(std::max(now_, next->first));
            next->second->wake();
            settle();
        }
        pass(end);
        settle();
    }

    /// The loop is held up that long: what was due within goes on only afterwards.
    void hold_up(Duration duration) {
        pass(now_ + duration);
        advance({});
    }

    /// The machine is suspended that long. Who waited for a moment within wakes only afterwards.
    void sleep(Duration duration) {
        slept_ += duration;
        pass(now_ + duration);
        advance({});
    }

    /// Someone sets the clock: everybody wakes and looks again.
    void set(Instant instant) {
        now_ = instant;
        for (auto& [when, sleeper] : sleepers_) sleeper->wake();
        settle();
    }

    /// Runs what is ready, without letting time pass.
    void settle() {
        loop_.restart();
        loop_.poll();
    }

  private:
    void pass(Instant until) {
        uptime_ += until - now_;
        now_ = until;
    }

    struct Sleeper {
        asio::steady_timer timer;
        bool is_woken = false;

        void wake() {
            is_woken = true;
            timer.cancel();
        }
    };

    asio::io_context& loop_;
    Instant now_;
    Duration uptime_{};
    Duration slept_{};
    std::multimap<Instant, Sleeper*> sleepers_;
};

}  // namespace backupwatch
