#pragma once
#include "core/incident/outbox.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace backupwatch {

/// A message about to be sent: what is in it, and its name at every try.
struct Parcel {
    std::string id;
    std::vector<Pending> entries;
    bool is_tried = false;  ///< before, and is to be the same again
};

/// The notices of one lane, and how sending to it goes. Used on the loop only; sends nothing.
class LaneQueue {
  public:
    explicit LaneQueue(std::string endpoint) : endpoint_(std::move(endpoint)) {}

    /// With its place in the order of all.
    void add(Pending pending);
    /// Of all that waits, for another lane.
    std::vector<Pending> take_all();
    /// Their incidents have another number now: by the notices' ids.
    void renumber(const std::map<std::int64_t, std::int64_t>& incidents);
    /// Tells as one what is one by now. What that changed is the caller's to record.
    struct Merged {
        std::vector<Pending> changed;
        std::vector<std::int64_t> gone;
    };
    Merged fold_now();

    SendPlan plan(const LaneTraits& traits, Tick tick) const {
        return plan_send(queue_, state_, traits, tick);
    }
    Parcel parcel(const std::vector<std::int64_t>& ids) const;
    /// Takes over what came of a send.
    void settled(const Settled& settled);

    const std::string& endpoint() const { return endpoint_; }
    const LaneState& state() const { return state_; }
    void set_state(LaneState state) { state_ = std::move(state); }
    /// Sooner than a back-off would: somebody may have mended it.
    void try_now() { state_.not_before.reset(); }
    const std::vector<Pending>& queue() const { return queue_; }
    /// As it stands; null: it does not wait here.
    const Pending* find(std::int64_t id) const;

  private:
    std::string endpoint_;
    std::vector<Pending> queue_;  ///< folded, unless something was added since
    bool is_folded_ = true;
    LaneState state_;
};

}  // namespace backupwatch
