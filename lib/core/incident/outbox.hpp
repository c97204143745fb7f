#pragma once
#include "core/certificate.hpp"
#include "core/incident/escalation.hpp"
#include "core/incident/notice.hpp"
#include "core/time/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// A notice on its way to one lane.
struct Pending {
    /// Of the store; below zero: made up while it refused, and kept when it takes it after all.
    std::int64_t id = 0;
    std::int64_t order = 0;  ///< ascending in the order in which they were made
    Lane lane;               ///< that the configuration has now
    /// The endpoint that it was made for, where that is another by now: it keeps its message's
    /// name.
    std::string named_for{};
    Notice notice;
    int attempts = 0;
    bool may_have_arrived = false;  ///< an attempt ended without an answer
    int unanswered = 0;             ///< attempts that did
    bool plain = false;             ///< its payload was refused: once more, in bare words
    /// So often were even those, by themselves: behind the others until this process ends, the one
    /// that was tried last behind all.
    int put_off = 0;
    Duration put_off_at{0};  ///< the last time, by uptime
    /// The first of those that were sent as one message: they are tried again as that.
    std::int64_t batch = 0;
};

/// It is for this lane from now on, which the same receiver has now; at a pager with the key that
/// it had. Returns whether that changes it.
bool readdress(Pending& pending, const Lane& current);

/// Both clocks of one moment: what waits is held against the one that nobody sets.
struct Tick {
    Instant now;
    Duration uptime;
};

/// How sending to a lane goes.
struct LaneState {
    int failures = 0;  ///< attempts in a row that brought nothing there
    int refused = 0;   ///< notices in a row that it would not even take in bare words
    std::optional<Duration> not_before;  ///< by uptime: back-off, or what the remote end asked for
    bool waits_as_asked = false;         ///< it is the latter: nothing shortens it
    bool is_broken = false;              ///< nothing is accepted until a person mends it
    std::string error;                   ///< of the last attempt; empty: it was accepted
    std::optional<Instant> failing_since;         ///< nothing was accepted since
    std::optional<ShownCertificate> certificate;  ///< the last that the remote end showed
    std::vector<Duration> sent;  ///< by uptime, oldest first: of those accepted lately
};

struct LaneTraits {
    bool takes_digests = true;  ///< a storm becomes one message; not of a pager
    Duration pace{0};           ///< between two sends
};

/// What lies in the queue of one lane is told as it is true now: of one incident, what nobody was
/// told yet becomes one notice. An attempt that may have arrived is never merged away, but at a
/// pager into the end, which closes it. What fails and passes again and again is told once, with
/// how often; of digests the newest.
struct Folded {
    std::vector<Pending> queue;             ///< the order in which to send
    std::vector<Pending> changed;           ///< of the queue: tell now what others told
    std::vector<std::int64_t> merged_away;  ///< ids that are told by another
    std::vector<Pending> dropped;           ///< told by none: there were too many
};
/// More than that wait for one lane only where something is very wrong: what passed by goes first,
/// then the least urgent.
inline constexpr std::size_t most_waiting = 50'000;
Folded fold(std::vector<Pending> queue, std::size_t most = most_waiting);

struct SendPlan {
    std::vector<std::int64_t> ids;  ///< to send now as one message; empty: nothing yet
    std::optional<Duration> wait;   ///< ask again after this, or when something new comes
};
/// `queue`: folded. More than five notices within ten seconds are a storm: what comes then waits
/// until those ten seconds are over, and goes as one.
SendPlan plan_send(
    const std::vector<Pending>& queue, const LaneState& lane, const LaneTraits& traits, Tick tick
);

/// What came of a send, for whoever has to go on.
enum class SendResult {
    delivered,    ///< the remote end accepted it
    retry,        ///< it did not: trying again repeats nothing that anybody sees
    ambiguous,    ///< it may have: trying again may repeat it
    bad_payload,  ///< this message is refused, others may not be: once more, in bare words
    broken        ///< nothing will be accepted until a person mends it
};
std::string_view to_string(SendResult result);

struct Settled {
    LaneState lane;
    std::vector<Pending> again;         ///< stay in the queue, changed
    std::vector<std::int64_t> done;     ///< told
    std::vector<std::int64_t> dropped;  ///< refused even in bare words, where others were taken
    std::vector<std::int64_t> unclear;  ///< may have been told, and are tried no more
};
/// A storm that is refused even in bare words falls apart into halves: one notice spoils it. One
/// that is refused by itself is put off behind the others, and given up only where the endpoint
/// took another since: one that refuses all loses nothing. `sent`: at least one.
/// `jitter` from 0 to 1, by chance.
Settled settle(
    std::vector<Pending> sent,
    LaneState lane,
    SendResult verdict,
    const std::string& error,
    std::optional<Duration> retry_after,
    double jitter,
    Tick tick
);

/// 1 s, doubled each time, up to 5 min, 20 % more or less.
Duration back_off(int failures, double jitter);
inline constexpr Duration longest_back_off = std::chrono::minutes(6);
/// So long after it a message still counts for a storm.
inline constexpr Duration storm_window = std::chrono::seconds(10);
/// As often is a message sent whose arrival is never confirmed: each time somebody may read it
/// again. Ever longer pauses between them, of over six minutes in all.
inline constexpr int most_unanswered = 5;
/// So many notices that are refused even in bare words, in a row, are the endpoint's fault.
inline constexpr int most_refused = 2;
/// So often, within some quarter of a minute, is a single one put off before that is the endpoint's
/// fault: a fallback is not to wait for the next one.
inline constexpr int most_put_off = 5;
/// A remote end that asks for more is asked again after this.
inline constexpr Duration longest_retry_after = std::chrono::hours(1);
/// How long a lane that is broken waits before it is tried again all the same.
inline constexpr Duration broken_pause = std::chrono::minutes(30);

/// How long it still has to wait, for a lane read back after a restart: a deadline further away
/// than any that is set is a clock's mistake.
Duration remaining_wait(Instant not_before, Instant now);

}  // namespace backupwatch
