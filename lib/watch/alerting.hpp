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

    Alerting();

    /// Who is told what from now on. Before that, nobody is, and nothing is opened.
    void use(AlertPolicy policy);
    bool has_policy() const { return policy_ != nullptr; }
    const AlertPolicy& policy() const { return *policy_; }

    /// To be committed with the findings that the situation was made of.
    AlertJudge judge(Situation situation, Instant now) const;
    /// Ends what is watched no more: of incidents of that database, those of none of these sets.
    AlertJudge judge_unwatched(std::string database, std::set<std::string> sets, Instant now) const;
    AlertJudge judge_acknowledged(Situation situation, std::int64_t id, Instant now) const;
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
    /// What came of a send: before the store was asked to record it, and after it did.
    void settled(const Settlement& settlement, bool is_recorded);
    /// Databases of which something waits to be recorded.
    std::set<std::string> unrecorded() const;

    /// As read back at the start, while the turn is held.
    void recall(std::vector<Incident> incidents);
    const std::map<std::int64_t, Incident>& open() const { return open_; }
    /// Whether a pager was told of it, or will be.
    bool has_paged(const IncidentKey& key) const;
    std::vector<Silence> silences;

    /// When something falls due that no finding brings; none: nothing is open.
    std::optional<Instant> next() const;
    /// What is to be judged again now.
    std::vector<Scope> due(Instant now) const;

    /// Gets what is to be told. Where nobody carries it (a command without a daemon), it waits in
    /// the outbox.
    std::function<void(std::vector<Pending>)> deliver = [](auto&&...) {};
    /// Gets what was told from memory and is recorded now, with the number of its incident.
    std::function<void(const std::vector<KeptNotice>&)> renumber = [](auto&&...) {};
    /// As configured now.
    std::vector<ConfiguredNotifier> notifiers;
    bool has_notifier(const std::string& name) const;
    /// How each does; empty where nobody carries the outbox.
    std::function<std::vector<NotifierHealth>()> health = [] {
        return std::vector<NotifierHealth>();
    };
    /// For how long nobody has gone through what is to be judged and told; 0 where nobody does.
    std::function<Duration()> quiet_for = [] { return Duration(0); };
    /// Gets what an endpoint's server showed to a test, which goes past the outbox.
    std::function<void(const std::string& endpoint, const Certificate&)> certificate_shown =
        [](auto&&...) {};
    /// How many notices were put into the outbox.
    std::size_t queued = 0;

  private:
    using Judge =
        std::function<Judgement(const std::vector<Incident>&, const std::vector<Silence>&)>;
    /// Of one database, what the store refused. Bounded by what can be open, and by what waits to
    /// be delivered: what is over is forgotten when its successor opens, what was told at once.
    struct Unrecorded {
        std::map<IncidentKey, Incident> incidents;
        std::map<std::int64_t, KeptNotice> notices;
        /// Of incidents that have a number by now, which the delivery did not know yet.
        std::vector<Answer> answers;

        bool is_empty() const { return incidents.empty() && notices.empty() && answers.empty(); }
    };

    AlertJudge with_memory(const std::string& database, Judge judge) const;
    std::vector<Incident> open_of(const std::string& database) const;
    void put(Incident incident);
    void erase(std::int64_t id);
    void take_early(Incident& incident);
    void take_from_elsewhere(const std::string& database, const Recorded& recorded);
    void keep(const std::string& database, const Pending& notice, bool is_new);

    std::shared_ptr<const AlertPolicy> policy_;
    std::map<std::int64_t, Incident> open_;
    std::map<std::string, std::set<std::int64_t>> open_of_;  ///< by database
    std::map<Scope, Instant> wakes_;
    /// To notices told from memory, by the number that their incident has there: the commit that
    /// gives it another may be under way without them. A few of each lane.
    std::map<std::int64_t, std::vector<Answer>> early_;
    std::map<std::string, Unrecorded> unrecorded_;         ///< by database
    std::map<std::int64_t, std::string> unrecorded_home_;  ///< of notices: their database
    std::int64_t last_made_up_;
};

}  // namespace backupwatch
