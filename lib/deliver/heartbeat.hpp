#pragma once
#include "async/clock.hpp"
#include "deliver/heartbeat_settings.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// Audits ourselves again and again, and tells whoever would miss us: a ping when all is well,
/// `/fail` with the reasons otherwise, nothing at all when the audit does not come back. What the
/// other end makes of it is logged and counted, and is in nobody's way. Used on the loop only.
class Heartbeat {
  public:
    /// Returns the reasons not to rely on us; throws nothing but operation_aborted.
    using Audit = std::function<Task<std::vector<std::string>>()>;

    struct State {
        std::optional<bool> is_passed{};         ///< the last audit; none: there was none yet
        std::optional<Instant> last_accepted{};  ///< ping, whatever it said
        std::uint64_t failures = 0;              ///< tries that were not accepted
        std::string error{};                     ///< of the last ping; empty: it was accepted
    };

    Heartbeat(Clock& clock, HttpClient& http, Audit audit, const asio::any_io_executor& executor);

    /// At the start and on reload; none: audited all the same, and nobody is pinged.
    void use(std::optional<HeartbeatSettings> settings);
    /// Until cancelled. The first beat comes at once.
    Task<> run();

    const State& state() const { return state_; }
    /// None: nobody is pinged.
    std::optional<Duration> period() const;

  private:
    Task<> beat();
    Task<> ping(HeartbeatSettings settings, std::vector<std::string> reasons);
    Task<> wait(Duration duration);
    Task<> wait_for_news();
    void note_audit(const std::vector<std::string>& reasons);
    void note_ping(const std::string& error);

    Clock& clock_;
    HttpClient& http_;
    Audit audit_;
    std::optional<HeartbeatSettings> settings_;
    State state_;
    asio::steady_timer news_;
    bool has_news_ = false;
};

/// Why a ping was not accepted; empty: it was. No word of it holds the URL.
std::string heartbeat_error(const HttpReply& reply, const Secret& url);

}  // namespace backupwatch
