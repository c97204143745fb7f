#pragma once
#include "fakes/forwarding_store.hpp"

#include <map>
#include <set>

namespace backupwatch {

/// The state, and what it has promised to keep.
class Witness final : public ForwardingStore {
  public:
    using ForwardingStore::ForwardingStore;

    Task<Recorded> commit(Outcome outcome) override {
        Recorded recorded = co_await ForwardingStore::commit(std::move(outcome));
        for (const Incident& incident : recorded.changed) {
            is_over[incident.id] = bool(incident.ended_at);
            if (incident.made_up_id != 0) number_of[incident.made_up_id] = incident.id;
        }
        for (const Pending& pending : recorded.notices) owed.insert(pending.id);
        for (const KeptNotice& kept : recorded.kept) owed.insert(kept.pending.id);
        co_return recorded;
    }

    Task<> settle(Settlement settlement) override {
        const std::vector<std::int64_t> gone = settlement.gone;
        for (const std::int64_t id : gone) in_doubt.insert(id);
        const KeptLane lane = settlement.lane;
        co_await ForwardingStore::settle(std::move(settlement));
        for (const std::int64_t id : gone) {
            in_doubt.erase(id);
            owed.erase(id);
            settled.insert(id);
        }
        not_before[lane.endpoint] = lane.not_before.value_or(Instant());
    }

    Instant opened_at;
    std::map<std::int64_t, bool> is_over;            ///< by incident
    std::map<std::int64_t, std::int64_t> number_of;  ///< of what was told from memory first
    std::set<std::int64_t> owed;
    std::set<std::int64_t> in_doubt;  ///< it was asked to forget them, and did not answer
    std::set<std::int64_t> settled;
    std::map<std::string, Instant> not_before;  ///< by endpoint
};

}  // namespace backupwatch
