#include "async/hanging_calls.hpp"

#include "async/on_own_thread.hpp"
#include "async/with_timeout.hpp"
#include "core/failure.hpp"

#include <utility>

namespace backupwatch {

Task<> HangingCalls::run(std::string name, Duration limit, std::function<void()> call) {
    auto& under_way = under_way_[name];
    if (!under_way.expired()) {
        throw Failure(Failure::Kind::timeout, name + " hangs: an earlier call has not come back");
    }
    // Goes with the call, whoever waits for it still.
    auto token = std::make_shared<bool>();
    under_way = token;
    std::function<void()> job = [call = std::move(call), token = std::move(token)] { call(); };
    auto waiting = on_own_thread(std::move(job));
    co_await with_timeout(std::move(waiting), limit, std::move(name));
}

}  // namespace backupwatch
