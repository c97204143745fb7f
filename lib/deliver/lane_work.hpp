#pragma once
#include "deliver/delivery.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace backupwatch {

/// How often the outbox is looked at for what other processes put there.
inline constexpr Duration look_period = std::chrono::seconds(5);
/// A store that refuses may do so for days, and what it refuses may be much: it is asked again
/// after a tenth of the time that it has refused, within these bounds.
inline constexpr Duration shortest_put_off = std::chrono::seconds(5);
inline constexpr Duration longest_put_off = std::chrono::minutes(1);
/// Until there are news.
inline constexpr Duration forever = Duration::max();

/// A lane, its coroutine's state, and what wakes that.
struct Delivery::LaneWork {
    LaneWork(std::string endpoint, const asio::any_io_executor& executor)
        : queue(std::move(endpoint)), news(executor, asio::steady_timer::time_point::max()) {}

    LaneQueue queue;
    Lane lane;                              ///< of the newest notice, as it is now
    std::optional<Settlement> unrecorded;   ///< the store refused it
    std::optional<Duration> refused_since;  ///< by uptime, as the next
    Duration ask_again_at{0};
    std::optional<Settlement> moved;  ///< to be recorded with, and before, what comes next
    /// The same receiver under the endpoint that it has now: gets what waits here.
    LaneWork* heir = nullptr;
    int predecessors = 0;  ///< lanes that will hand over to this one; what they have comes first
    bool is_sending = false;
    asio::steady_timer news;
    bool has_news = false;
    bool is_to_record = false;  ///< how it does, though nothing was sent

    /// Until the store is asked again.
    Duration until_recording(Duration uptime) const {
        return unrecorded ? std::max(ask_again_at - uptime, Duration(0)) : forever;
    }
    void note_refusal(Duration uptime) {
        if (!refused_since) refused_since = uptime;
        const Duration tenth = (uptime - *refused_since) / 10;
        ask_again_at = uptime + std::clamp(tenth, shortest_put_off, longest_put_off);
    }

    void wake() {
        has_news = true;
        news.cancel();
    }
};

/// How it goes, by civil time, which survives a restart.
KeptLane kept(const LaneQueue& queue, Tick tick);

}  // namespace backupwatch
