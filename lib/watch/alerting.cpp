#include "watch/alerting.hpp"

#include <algorithm>
#include <set>

namespace backupwatch {
namespace {

/// What was told while the store refused is part of what is judged from now on. Under the number
/// that the store knows it by, or 0.
struct Known {
    std::vector<Incident> open;
    std::vector<Incident> to_record;
};

Known with_unrecorded(
    std::vector<Incident> open, std::vector<Incident> unrecorded, const std::string& database
) {
    Known known{std::move(open), {}};
    for (Incident& incident : unrecorded) {
        if (incident.key.database != database) continue;
        const auto same = [&](const Incident& kept) { return kept.key == incident.key; };
        const auto kept = std::find_if(known.open.begin(), known.open.end(), same);
        incident.id = kept == known.open.end() ? 0 : kept->id;
        std::erase_if(known.open, same);
        if (!incident.ended_at) known.open.push_back(incident);
        std::erase_if(known.to_record, same);
        known.to_record.push_back(std::move(incident));
    }
    return known;
}

/// Adds what has to be recorded whether anything follows from it now or not.
void add_unrecorded(Judgement& judgement, std::vector<Incident> to_record) {
    for (Incident& incident : to_record) {
        auto& changed = judgement.changed;
        const bool is_there = std::any_of(changed.begin(), changed.end(), [&](const Incident& one) {
            return one.key == incident.key && one.id == incident.id;
        });
        // First: one that has ended makes room for its successor.
        if (!is_there) changed.insert(changed.begin(), std::move(incident));
    }
}

std::vector<Incident> of_database(
    const std::map<std::int64_t, Incident>& all, const std::string& database
) {
    std::vector<Incident> found;
    for (const auto& [id, incident] : all) {
        if (incident.key.database == database) found.push_back(incident);
    }
    return found;
}

}  // namespace

bool Alerting::has_notifier(const std::string& name) const {
    return std::ranges::find(notifiers, name, &ConfiguredNotifier::name) != notifiers.end();
}

void Alerting::use(AlertPolicy policy) {
    policy_ = std::make_shared<const AlertPolicy>(std::move(policy));
}

/// Judges with what was told from memory, too, and records that.
AlertJudge Alerting::with_memory(const std::string& database, Judge judge) const {
    std::vector<Incident> unrecorded;
    for (const Incident& incident : unrecorded_) {
        if (incident.key.database == database) unrecorded.push_back(incident);
    }
    if (unrecorded.empty()) return judge;
    return [database, judge = std::move(judge), unrecorded = std::move(unrecorded)](
               const std::vector<Incident>& open, const std::vector<Silence>& silenced
           ) {
        Known known = with_unrecorded(open, unrecorded, database);
        Judgement judgement = judge(known.open, silenced);
        add_unrecorded(judgement, std::move(known.to_record));
        return judgement;
    };
}

AlertJudge Alerting::judge(Situation situation, Instant now) const {
    if (!policy_) return nullptr;
    const std::string database = situation.database;
    Judge one = [situation = std::move(situation), policy = policy_, now](
                    const std::vector<Incident>& open, const std::vector<Silence>& silenced
                ) { return backupwatch::judge(open, situation, *policy, silenced, now); };
    return with_memory(database, std::move(one));
}

AlertJudge Alerting::judge_unwatched(std::string database, std::set<std::string> sets, Instant now)
    const {
    if (!policy_) return nullptr;
    Judge one = [sets = std::move(sets),
                 policy = policy_,
                 now](const std::vector<Incident>& open, const std::vector<Silence>&) {
        std::vector<Incident> gone;
        for (const Incident& incident : open) {
            if (!sets.contains(incident.key.set)) gone.push_back(incident);
        }
        return end_unwatched(gone, *policy, now);
    };
    return with_memory(database, std::move(one));
}

AlertJudge Alerting::judge_acknowledged(std::string database, std::int64_t id, Instant now) const {
    if (!policy_) return nullptr;
    Judge one = [id,
                 policy = policy_,
                 now](const std::vector<Incident>& open, const std::vector<Silence>&) {
        for (const Incident& incident : open) {
            if (incident.id == id) return acknowledge(incident, *policy, now);
        }
        return Judgement();
    };
    return with_memory(database, std::move(one));
}

AlertJudge Alerting::carrying(std::string database, std::vector<Addressed> notices) const {
    Judge one =
        [notices = std::move(notices)](const std::vector<Incident>&, const std::vector<Silence>&) {
            Judgement judgement;
            judgement.notices = notices;
            return judgement;
        };
    return with_memory(database, std::move(one));
}

void Alerting::recorded(const Scope& scope, Recorded recorded) {
    std::erase_if(unrecorded_, [&](const Incident& incident) {
        return incident.key.database == scope.first;
    });
    std::erase_if(open_, [&](const auto& entry) {
        return entry.first < 0 && entry.second.key.database == scope.first;
    });
    for (Incident& incident : recorded.changed) {
        if (incident.ended_at) {
            open_.erase(incident.id);
        } else {
            open_.insert_or_assign(incident.id, std::move(incident));
        }
    }
    wakes_.erase(scope);
    if (recorded.wake) wakes_[scope] = *recorded.wake;
    queued += recorded.notices.size();
    if (!recorded.notices.empty()) deliver(std::move(recorded.notices));
}

void Alerting::refused(const Outcome& outcome) {
    if (!outcome.judge) return;
    Judgement judgement = outcome.judge(of_database(open_, outcome.database), silences);
    std::map<IncidentKey, std::int64_t> made_up;
    for (Incident& incident : judgement.changed) {
        if (incident.id == 0) incident.id = --last_made_up_;
        made_up[incident.key] = incident.id;
        std::erase_if(unrecorded_, [&](const Incident& known) {
            return known.key == incident.key;
        });
        unrecorded_.push_back(incident);
        if (incident.ended_at) {
            open_.erase(incident.id);
        } else {
            open_.insert_or_assign(incident.id, std::move(incident));
        }
    }
    std::vector<Pending> notices;
    for (Addressed& addressed : judgement.notices) {
        Pending& pending = notices.emplace_back();
        pending.id = --last_made_up_;
        pending.lane = std::move(addressed.lane);
        pending.notice = std::move(addressed.notice);
        if (pending.notice.incident == 0) pending.notice.incident = made_up[pending.notice.key];
    }
    const Scope scope{outcome.database, outcome.set};
    wakes_.erase(scope);
    if (judgement.wake) wakes_[scope] = *judgement.wake;
    if (!notices.empty()) deliver(std::move(notices));
}

void Alerting::recall(std::vector<Incident> incidents, std::vector<Silence> kept_silences) {
    std::erase_if(open_, [](const auto& entry) { return entry.first > 0; });
    for (Incident& incident : incidents) {
        if (!incident.ended_at) open_.insert_or_assign(incident.id, std::move(incident));
    }
    silences = std::move(kept_silences);
}

std::optional<Instant> Alerting::next() const {
    std::optional<Instant> next;
    for (const auto& [scope, wake] : wakes_) {
        if (!next || wake < *next) next = wake;
    }
    return next;
}

std::vector<Alerting::Scope> Alerting::due(Instant now) const {
    std::vector<Scope> due;
    for (const auto& [scope, wake] : wakes_) {
        if (wake <= now) due.push_back(scope);
    }
    return due;
}

}  // namespace backupwatch
