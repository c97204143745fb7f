#pragma once
#include "core/incident/outbox.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace backupwatch {

/// A message about to be sent.
struct Parcel {
    std::vector<Pending> entries;
    bool is_tried = false;  ///< before, and is to be the same again
};
/// Its name, the same at every try with the same in it.
std::string name_of(const Parcel& parcel);

/// The notices of one lane, and how sending to it goes. Used on the loop only; sends nothing.
class LaneQueue {
  public:
    explicit LaneQueue(std::string endpoint) : endpoint_(std::move(endpoint)) {}

    /// With its place in the order of all.
    void add(Pending pending);
    /// Of all that waits, for another lane.
    std::vector<Pending> take_all();
    /// `current`: gives the lane that the configuration has for one now, in place of it. Returns
    /// those that are for another from now on, each with the lane that it was for.
    std::vector<std::pair<Lane, Pending>> readdress(const std::function<void(Lane&)>& current);
    /// Their incidents have another number now: by the notices' ids.
    void renumber(const std::map<std::int64_t, std::int64_t>& incidents);
    /// Whether all that waits is told as one where it is one.
    bool is_folded() const { return is_folded_; }
    /// Whether a third of it is new since then, so that it takes room for much that is one by now;
    /// or there is so little that it costs nothing to fold.
    bool has_grown() const;
    /// Tells as one what is one by now. What that changed is the caller's to record.
    struct Merged {
        std::vector<Pending> changed;
        std::vector<std::int64_t> gone;
        std::vector<Pending> dropped;  ///< there were too many
    };
    Merged fold_now();

    SendPlan plan(const LaneTraits& traits, Tick tick) const {
        return plan_send(queue_, state_, traits, tick);
    }
    Parcel parcel(const std::vector<std::int64_t>& ids) const;
    /// At a pager: what these incidents are told from now on goes with the key that they are open
    /// with. Returns what that changed.
    std::vector<Pending> opened_with(const std::string& route, const std::vector<Pending>& sent);
    /// Takes over what came of a send.
    void settled(const Settled& settled);

    const std::string& endpoint() const { return endpoint_; }
    const LaneState& state() const { return state_; }
    void set_state(LaneState state) { state_ = std::move(state); }
    void set_certificate(const ShownCertificate& shown) { state_.certificate = shown; }
    /// Sooner than a back-off would: somebody may have mended it.
    void try_now() {
        if (!state_.waits_as_asked) state_.not_before.reset();
    }
    const std::vector<Pending>& queue() const { return queue_; }
    /// Those of these that wait here, as they stand: in a storm there are thousands of both.
    std::map<std::int64_t, const Pending*> find(const std::vector<Pending>& sent) const;

  private:
    std::string endpoint_;
    std::vector<Pending> queue_;
    bool is_folded_ = true;
    std::size_t added_ = 0;  ///< since it was folded
    LaneState state_;
};

}  // namespace backupwatch
