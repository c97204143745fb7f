#pragma once
#include "async/semaphore.hpp"
#include "core/incident/incident.hpp"
#include "deliver/delivery.hpp"
#include "store/store.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
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
    /// Ends what is watched no more: of incidents of that database, those of none of these sets.
    AlertJudge judge_unwatched(std::string database, std::set<std::string> sets, Instant now) const;
    AlertJudge judge_acknowledged(std::string database, std::int64_t id, Instant now) const;
    /// Judges nothing: what is told of no incident, a digest.
    AlertJudge carrying(std::string database, std::vector<Addressed> notices) const;
    /// Held from before a judge is made until its judgement is taken in: what one tells from
    /// memory the next must know.
    Semaphore turn{1};
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
    bool has_notifier(const std::string& name) const;
    /// How each does; empty where nobody carries the outbox.
    std::function<std::vector<NotifierHealth>()> health = [] {
        return std::vector<NotifierHealth>();
    };
    /// How many notices were put into the outbox.
    std::size_t queued = 0;

  private:
    using Judge =
        std::function<Judgement(const std::vector<Incident>&, const std::vector<Silence>&)>;
    AlertJudge with_memory(const std::string& database, Judge judge) const;

    std::shared_ptr<const AlertPolicy> policy_;
    std::map<std::int64_t, Incident> open_;
    std::map<Scope, Instant> wakes_;
    std::vector<Incident> unrecorded_;  ///< changed while the store refused
    std::int64_t last_made_up_ = 0;     ///< numbers of what the store has not seen: below zero
};

}  // namespace backupwatch
