#pragma once
#include "deliver/delivery.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace backupwatch {

/// How often the outbox is looked at for what other processes put there, and the store asked again
/// that refused.
inline constexpr Duration look_period = std::chrono::seconds(5);
/// Until there are news.
inline constexpr Duration forever = Duration::max();

/// A lane, its coroutine's state, and what wakes that.
struct Delivery::LaneWork {
    LaneWork(std::string endpoint, const asio::any_io_executor& executor)
        : queue(std::move(endpoint)), news(executor, asio::steady_timer::time_point::max()) {}

    LaneQueue queue;
    Lane lane;                             ///< of the newest notice, as it is now
    std::optional<Settlement> unrecorded;  ///< the store refused it
    std::optional<Settlement> moved;       ///< to be recorded with, and before, what comes next
    /// The same receiver under the endpoint that it has now: gets what waits here.
    LaneWork* heir = nullptr;
    int predecessors = 0;  ///< lanes that will hand over to this one; what they have comes first
    bool is_sending = false;
    asio::steady_timer news;
    bool has_news = false;
    bool is_to_record = false;  ///< how it does, though nothing was sent

    void wake() {
        has_news = true;
        news.cancel();
    }
};

/// How it goes, by civil time, which survives a restart.
KeptLane kept(const LaneQueue& queue, Tick tick);

}  // namespace backupwatch
