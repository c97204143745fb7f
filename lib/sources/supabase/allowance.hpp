#pragma once
#include "core/time/time.hpp"

#include <deque>
#include <map>
#include <string>

namespace backupwatch {

/// How often one scope (a project, an organization) may be asked under one token: 120 times a
/// minute, of which some are left to people and to other programs, and not at all for as long as
/// the other end says. Times are those of Clock::uptime().
class Allowance {
  public:
    static constexpr std::size_t most_per_minute = 100;
    /// By then looks wait, so that however often somebody checks, disks are polled meanwhile.
    static constexpr std::size_t most_of_looks = 90;
    static constexpr Duration shortest_block = std::chrono::seconds(1);
    static constexpr Duration usual_block = std::chrono::minutes(1);
    static constexpr Duration longest_block = std::chrono::minutes(5);

    /// How long to wait before the next request, of which there may be `most` within a minute;
    /// zero: it may be sent now.
    Duration wait(Duration now, std::size_t most = most_per_minute) const;
    void note_sent(Duration now);
    /// `spread`, from 0 to 1, is by chance: those who were all told to wait do not all come back at
    /// once.
    void note_reply(
        int status,
        const std::map<std::string, std::string>& headers,
        const std::string& retry_after,
        double spread,
        Duration now
    );

  private:
    std::deque<Duration> sent_;  ///< within the last minute
    Duration blocked_until_{};
};

/// The headers that it is told of.
inline constexpr const char* limit_remaining_header = "x-ratelimit-remaining";
inline constexpr const char* limit_reset_header = "x-ratelimit-reset";

}  // namespace backupwatch
