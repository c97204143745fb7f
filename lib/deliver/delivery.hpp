#pragma once
#include "async/clock.hpp"
#include "async/scope.hpp"
#include "deliver/lane_queue.hpp"
#include "notify/notifier.hpp"
#include "store/store.hpp"

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// A notifier, as the configuration has it now.
struct ConfiguredNotifier {
    std::string name;
    std::shared_ptr<Notifier> notifier;
};

/// How a notifier does, for views and for the check `delivery`.
struct NotifierHealth {
    std::string name;
    std::size_t pending = 0;
    std::optional<Instant> oldest;  ///< of what is pending
    bool is_broken = false;         ///< none of its lanes takes anything
    std::string error;              ///< of a lane that fails; empty: none does
    std::string failing;            ///< that lane
    std::optional<Instant> failing_since;
    bool is_failing = false;            ///< each of its lanes refuses
    std::optional<Duration> last_sent;  ///< by uptime: when something was taken last
    /// Of those that its lanes' servers showed last, the one that expires first.
    std::optional<ShownCertificate> certificate;
};

/// Carries the outbox to people: of each lane one message at a time, in order, tried again until it
/// is accepted. A notice is recorded as told only after the remote end has taken it. One lane never
/// waits for another. Used on the loop only.
class Delivery {
  public:
    struct Events {
        /// Of each notice: delivered, merged or dropped; of each try that failed, what came of it.
        std::function<void(const Lane&, std::string_view result)> counted = [](auto&&...) {};
        /// A lane began to fail or works again, its endpoint is broken, or it did not take a
        /// notice.
        std::function<void()> health_changed = [] {};
        /// What came of a send, before the store is asked to record it, and after it did.
        std::function<void(const Settlement&, bool is_recorded)> settled = [](auto&&...) {};
        /// is_ready() from now on.
        std::function<void()> ready = [] {};
    };

    Delivery(Clock& clock, Store& store, Scope& scope, asio::any_io_executor executor);
    ~Delivery();

    Events events;

    /// Replaces the notifiers, at start and on reload; queues, and what they wait for, stay.
    void use(std::vector<ConfiguredNotifier> notifiers);
    /// Reads what an earlier process, or a command beside this one, left in the outbox. Throws what
    /// the store throws.
    Task<> recall();
    /// Notices that were just recorded, or could not be. Each once, whoever brings it. Told in the
    /// order in which they were recorded, by whichever process.
    void add(std::vector<Pending> notices);
    /// Notices told from memory that are recorded now, with the number of their incident.
    void renumber(const std::vector<KeptNotice>& recorded);
    /// What its server showed to somebody who sent something past the outbox.
    void note_certificate(const std::string& endpoint, const Certificate& certificate);
    /// Looks for notices of other processes every few seconds. Until cancelled.
    Task<> run();

    /// Whether it is known how lanes did in an earlier process, or cannot be: before, nothing is
    /// sent, and health() says nothing.
    bool is_ready() const { return is_ready_; }
    std::vector<NotifierHealth> health() const;
    /// When it looked last, by awake(), or was made.
    Duration last_look() const { return last_look_; }
    /// Whether nothing waits, nor is under way.
    bool is_idle() const;

  private:
    struct LaneWork;

    LaneWork& work_of(const std::string& endpoint);
    void look_up(Lane& lane) const;
    void readdress(LaneWork& work);
    void note_move(Settlement& moved, const Lane& before, const Pending& pending) const;
    void note_moved(LaneWork& work, Settlement moved);
    static Settlement after_moved(LaneWork& work, Settlement later);
    void choose_heir(LaneWork& work);
    void hand_over(LaneWork& work);
    Task<> look();
    void recall_lanes(const std::vector<KeptLane>& lanes);
    void enqueue(std::vector<Pending> notices);
    void note_number(std::int64_t number);
    void release();
    void forget_told();
    const ConfiguredNotifier* notifier_of(const Lane& lane, Lane& current) const;
    Task<> carry(LaneWork& work);
    Task<> catch_up_recording(LaneWork& work);
    std::shared_ptr<Notifier> addressee_of(const LaneWork& work, Lane& lane) const;
    bool is_fold_due(const LaneWork& work, Tick now) const;
    Task<> merge(LaneWork& work);
    Task<std::optional<Duration>> send_next(LaneWork& work, Tick now);
    Task<> send(LaneWork& work, std::shared_ptr<Notifier> notifier, Lane lane, Parcel parcel);
    Settlement take_in(LaneWork& work, const Lane& lane, const Parcel& parcel, Settled settled);
    Task<> record(LaneWork& work, Settlement settlement);
    Task<> wait(LaneWork& work, Duration duration);
    static Task<> wait_for_news(LaneWork& work);
    Tick tick() const { return {clock_.now(), clock_.uptime()}; }

    Clock& clock_;
    Store& store_;
    Scope& scope_;
    asio::any_io_executor executor_;
    std::vector<ConfiguredNotifier> notifiers_;
    std::map<std::string, std::unique_ptr<LaneWork>> lanes_;  ///< by endpoint
    std::set<std::int64_t> known_;                            ///< ids that came once
    std::int64_t last_order_ = 0;
    std::int64_t last_seen_ = 0;  ///< number in the outbox: all up to it came once
    std::int64_t newest_ = 0;     ///< number that came; those before it need not have
    bool are_lanes_recalled_ = false;
    bool is_ready_ = false;
    /// Lanes send nothing, by uptime: what is to be sent before may not have been read.
    std::optional<Duration> held_since_;
    Duration last_look_;
};

}  // namespace backupwatch
