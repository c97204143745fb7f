#include "async/hanging_calls.hpp"

#include "async/on_own_thread.hpp"
#include "async/with_timeout.hpp"
#include "core/failure.hpp"

#include <utility>

namespace backupwatch {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// A call that comes back comes back soon.
constexpr auto next_question = std::chrono::milliseconds(5);

}  // namespace

Task<> HangingCalls::run(std::string name, Duration limit, std::function<void()> call) {
    auto work = run_in_turn(name, limit, std::move(call));
    co_await with_timeout(std::move(work), limit, std::move(name));
}

Task<> HangingCalls::run_in_turn(std::string name, Duration limit, std::function<void()> call) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (is_under_way(name)) {
        if (SteadyClock::now() >= calls_.at(name).due_back) {
            throw Failure(
                Failure::Kind::timeout, name + " hangs: an earlier call has not come back"
            );
        }
        timer.expires_after(next_question);
        co_await timer.async_wait(asio::use_awaitable);
    }
    require_room();
    // Goes with the call, whoever waits for it still.
    auto token = std::make_shared<bool>();
    calls_[name] = Call{token, SteadyClock::now() + limit};
    std::function<void()> job = [call = std::move(call), token = std::move(token)] { call(); };
    co_await on_own_thread(std::move(job));
}

bool HangingCalls::is_under_way(const std::string& name) const {
    const auto call = calls_.find(name);
    return call != calls_.end() && !call->second.under_way.expired();
}

void HangingCalls::require_room() {
    std::erase_if(calls_, [](const auto& call) { return call.second.under_way.expired(); });
    if (calls_.size() < most_) return;
    throw Failure(
        Failure::Kind::exhausted,
        std::to_string(most_) + " calls have not come back, the first of them " +
            calls_.begin()->first,
        "Look at the mounts of this machine."
    );
}

}  // namespace backupwatch
