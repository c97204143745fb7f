#pragma once
#include "core/incident/incident.hpp"
#include "deliver/delivery.hpp"
#include "store/store.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace backupwatch {

/// What is known of incidents by this process, and who is told of them. The store has the last
/// word: each judgement is made with the incidents that it holds; what is kept here shows them, and
/// stands in while the store refuses. Used on the loop only.
class Alerting {
  public:
    using Scope = std::pair<std::string, std::string>;  ///< database, set

    /// Who is told what from now on. Before that, nobody is, and nothing is opened.
    void use(AlertPolicy policy);
    bool has_policy() const { return policy_ != nullptr; }
    const AlertPolicy& policy() const { return *policy_; }

    /// To be committed with the findings that the situation was made of.
    AlertJudge judge(Situation situation, Instant now) const;
    /// Ends what is watched no more: of incidents of that database, those that `is_watched` denies.
    AlertJudge judge_unwatched(std::function<bool(const IncidentKey&)> is_watched, Instant now)
        const;
    /// What a commit recorded.
    void recorded(const Scope& scope, Recorded recorded);
    /// The store refused the commit: judged with what is known here, told from memory, and recorded
    /// as soon as it can be.
    void refused(const Outcome& outcome);

    /// As read back at the start.
    void recall(std::vector<Incident> incidents, std::vector<Silence> silences);
    const std::map<std::int64_t, Incident>& open() const { return open_; }
    std::vector<Silence> silences;

    /// When something falls due that no finding brings; none: nothing is open.
    std::optional<Instant> next() const;
    /// What is to be judged again now.
    std::vector<Scope> due(Instant now) const;

    /// Gets what is to be told. Where nobody carries it (a command without a daemon), it waits in
    /// the outbox.
    std::function<void(std::vector<Pending>)> deliver = [](auto&&...) {};
    /// As configured now.
    std::vector<ConfiguredNotifier> notifiers;
    /// How each does; empty where nobody carries the outbox.
    std::function<std::vector<NotifierHealth>()> health = [] {
        return std::vector<NotifierHealth>();
    };
    /// How many notices were put into the outbox.
    std::size_t queued = 0;

  private:
    std::shared_ptr<const AlertPolicy> policy_;
    std::map<std::int64_t, Incident> open_;
    std::map<Scope, Instant> wakes_;
    std::vector<Incident> unrecorded_;  ///< changed while the store refused
    std::int64_t last_made_up_ = 0;     ///< numbers of what the store has not seen: below zero
};

}  // namespace backupwatch
