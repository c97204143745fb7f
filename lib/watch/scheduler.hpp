#pragma once
#include "async/clock.hpp"
#include "async/scope.hpp"
#include "core/time/slot_result.hpp"
#include "core/time/slots.hpp"
#include "store/store.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace backupwatch {

/// One schedule of one set, and what to do when a slot of it is due.
struct Stream {
    StreamKey key;
    Schedule schedule;
    Duration offset{};  ///< this database's share of `spread`
    /// Durable: each slot is opened in the store before work and closed by the work's own commit,
    /// so that a restart neither loses nor repeats it. Otherwise (polls): in memory, from now on.
    bool durable = true;
    /// Works a slot to its end, its closing committed, and says how it went.
    std::function<Task<SlotResult>(DueSlot)> work;
};

/// Joins the clock with the work: begins each slot when it is due, once. Used on the loop only.
class Scheduler {
  public:
    struct Events {
        /// A slot begins, this much after its nominal time.
        std::function<void(const StreamKey&, Duration delay)> began;
        std::function<void(const StreamKey&, SlotResult result)> ended;
        /// A slot was begun three times and never ended: closes it as failed. Awaited beside the
        /// other schedules; asked for again where it throws.
        std::function<Task<>(StreamKey, Instant slot)> interrupted;
        /// The history lies in the future of the clock, or no longer does.
        std::function<void(bool went_back)> clock;
        /// The store refuses; said once per change, empty when it works again.
        std::function<void(const std::string&)> store;
    };

    Scheduler(
        Clock& clock, Store& store, Scope& scope, Events events, asio::any_io_executor executor
    );

    /// Replaces what is scheduled (at start and on reload). Work that runs goes on, and its slot is
    /// not begun again.
    void schedule(std::vector<Stream> streams);
    /// Until cancelled.
    Task<> run();

    /// The next instant of each schedule, for people.
    Instant next(const StreamKey& key, Instant now) const;
    /// When work on a backup set begins next; nothing where none is scheduled.
    std::optional<Instant> next_work(Instant now) const;
    std::vector<StreamKey> keys() const;
    /// What is due and not begun, and for how long.
    struct Overdue {
        StreamKey stream;
        Duration by;
    };
    std::vector<Overdue> overdue(Instant now) const;
    /// Has it go through what is due now, so that last_turn() says whether it still does.
    void look_now() { changed(); }
    /// When it last did, by awake(), or was made.
    Duration last_turn() const { return last_turn_; }
    bool is_running(const StreamKey& key) const { return running_.contains(key); }

  private:
    Task<> begin_due(Instant now, Instant& wake);
    Task<> begin(const Stream& stream, DueSlot slot, Instant now);
    void spawn(const Stream& stream, Task<SlotResult> work);
    Task<SlotResult> work(Stream stream, DueSlot slot);
    Task<> carry_out(Stream stream, Task<SlotResult> work);
    Task<SlotResult> give_up(StreamKey key, Instant slot);
    Task<SlotHistory> history(const Stream& stream, Instant now);
    Task<> wait(Instant wake);
    Task<> wait_for_change();
    void changed();

    Clock& clock_;
    Store& store_;
    Scope& scope_;
    Events events_;
    std::vector<Stream> streams_;
    std::map<StreamKey, SlotHistory> histories_;
    std::set<StreamKey> running_;
    std::string store_error_;
    asio::steady_timer news_;
    bool has_changed_ = false;
    Duration last_turn_;
};

}  // namespace backupwatch
