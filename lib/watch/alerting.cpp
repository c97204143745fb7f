#include "watch/alerting.hpp"

#include "async/chance.hpp"

#include <algorithm>
#include <iterator>
#include <random>
#include <set>

namespace backupwatch {
namespace {

/// Below zero, so that the store never gives them; another start for each process, so that what an
/// earlier one left in the outbox is not taken for ours; exact where numbers are doubles (JSON).
std::int64_t first_made_up() {
    std::uniform_int_distribution<std::int64_t> start(std::int64_t{1} << 51, std::int64_t{1} << 52);
    return -start(chance());
}

/// What only the other one knows, of the same problem.
void join(Incident& incident, const Incident& other) {
    incident.opened_at = std::min(incident.opened_at, other.opened_at);
    incident.worst = std::max(incident.worst, other.worst);
    if (!incident.acknowledged_until) incident.acknowledged_until = other.acknowledged_until;
    for (const LedgerEntry& told : other.told) {
        const bool is_known = std::ranges::any_of(incident.told, [&](const LedgerEntry& entry) {
            return entry.lane.endpoint == told.lane.endpoint;
        });
        if (!is_known) incident.told.push_back(told);
    }
}

/// What was told while the store refused is part of what is judged from now on. Under the number
/// that the store knows it by, or 0. Returns what has to be recorded whatever follows from it now.
std::vector<Incident> add_unrecorded(
    std::vector<Incident>& open, const std::map<IncidentKey, Incident>& unrecorded
) {
    std::vector<Incident> to_record;
    for (const auto& [key, refused] : unrecorded) {
        Incident incident = refused;
        const auto kept = std::ranges::find(open, key, &Incident::key);
        if (incident.id < 0) incident.made_up_id = incident.id;
        incident.id = kept == open.end() ? 0 : kept->id;
        // Opened while nobody could read that there is one.
        if (incident.made_up_id != 0 && kept != open.end()) join(incident, *kept);
        if (kept != open.end()) open.erase(kept);
        if (!incident.ended_at) open.push_back(incident);
        to_record.push_back(std::move(incident));
    }
    return to_record;
}

/// What changed is added to what has to be recorded whatever follows, each incident once.
void note_late(
    std::vector<Incident>& open,
    std::vector<Incident>& to_record,
    const std::vector<Answer>& answers
) {
    for (const Answer& answer : answers) {
        const auto recorded = std::ranges::find(to_record, answer.incident, &Incident::id);
        const bool is_there = recorded != to_record.end();
        if (is_there) note(*recorded, answer);
        const auto found = std::ranges::find(open, answer.incident, &Incident::id);
        if (found == open.end()) continue;
        note(*found, answer);
        if (!is_there) to_record.push_back(*found);
    }
}

void add_to_record(Judgement& judgement, std::vector<Incident> to_record) {
    std::vector<Incident> first;
    for (Incident& incident : to_record) {
        const auto& changed = judgement.changed;
        const bool is_there = std::ranges::any_of(changed, [&](const Incident& one) {
            return one.key == incident.key && one.id == incident.id;
        });
        if (!is_there) first.push_back(std::move(incident));
    }
    // First: one that has ended makes room for its successor.
    std::ranges::move(judgement.changed, std::back_inserter(first));
    judgement.changed = std::move(first);
}

}  // namespace

Alerting::Alerting() : last_made_up_(first_made_up()) {}

bool Alerting::has_notifier(const std::string& name) const {
    return std::ranges::find(notifiers, name, &ConfiguredNotifier::name) != notifiers.end();
}

void Alerting::use(AlertPolicy policy) {
    policy_ = std::make_shared<const AlertPolicy>(std::move(policy));
}

/// Judges with what was told from memory, too, and records that.
AlertJudge Alerting::with_memory(const std::string& database, Judge judge) const {
    const auto found = unrecorded_.find(database);
    if (found == unrecorded_.end()) return judge;
    return [judge = std::move(judge), unrecorded = found->second](
               std::vector<Incident> open, const std::vector<Silence>& silenced
           ) {
        std::vector<Incident> to_record = add_unrecorded(open, unrecorded.incidents);
        note_late(open, to_record, unrecorded.answers);
        Judgement judgement = judge(open, silenced);
        add_to_record(judgement, std::move(to_record));
        judgement.late_answers = unrecorded.answers.size();
        for (const auto& [id, notice] : unrecorded.notices) judgement.kept.push_back(notice);
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

AlertJudge Alerting::judge_acknowledged(Situation situation, std::int64_t id, Instant now) const {
    if (!policy_) return nullptr;
    Judge one = [id,
                 proofs = situation.proofs,
                 policy = policy_,
                 now](const std::vector<Incident>& open, const std::vector<Silence>&) {
        for (const Incident& incident : open) {
            const bool is_meant = incident.id == id || incident.made_up_id == id;
            if (is_meant) return acknowledge(incident, *policy, now, proofs);
        }
        return Judgement();
    };
    return with_memory(situation.database, std::move(one));
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
    const std::string& database = scope.first;
    for (Incident& incident : recorded.changed) take_early(incident);
    for (const Incident& incident : open_of(database)) {
        if (incident.id >= 0) continue;
        early_.erase(incident.id);
        erase(incident.id);
    }
    const auto unrecorded = unrecorded_.find(database);
    if (unrecorded != unrecorded_.end()) {
        unrecorded->second.incidents.clear();
        auto& answers = unrecorded->second.answers;
        const auto noted = std::min(recorded.late_answers, answers.size());
        answers.erase(answers.begin(), answers.begin() + static_cast<std::ptrdiff_t>(noted));
        for (const KeptNotice& kept : recorded.kept) {
            const auto found = unrecorded->second.notices.find(kept.pending.id);
            if (found == unrecorded->second.notices.end()) continue;
            found->second.is_new = false;
            // What has changed meanwhile is recorded with the next one.
            if (found->second.version != kept.version) continue;
            unrecorded_home_.erase(found->first);
            unrecorded->second.notices.erase(found);
        }
        if (unrecorded->second.is_empty()) unrecorded_.erase(unrecorded);
    }
    take_from_elsewhere(database, recorded);
    for (Incident& incident : recorded.changed) put(std::move(incident));
    wakes_.erase(scope);
    if (recorded.wake) wakes_[scope] = *recorded.wake;
    queued += recorded.notices.size();
    if (!recorded.kept.empty()) renumber(recorded.kept);
    if (!recorded.notices.empty()) deliver(std::move(recorded.notices));
}

/// A command without the daemon may have opened or ended one before the daemon began.
void Alerting::take_from_elsewhere(const std::string& database, const Recorded& recorded) {
    std::set<std::int64_t> there;
    for (const Incident& incident : recorded.changed) there.insert(incident.id);
    for (const Incident& incident : recorded.unchanged) there.insert(incident.id);
    for (const Incident& incident : open_of(database)) {
        if (!there.contains(incident.id)) erase(incident.id);
    }
    for (const Incident& incident : recorded.unchanged) {
        if (!open_.contains(incident.id)) put(incident);
    }
}

/// The commit that gave it its number was made without these: they are recorded with the next.
void Alerting::take_early(Incident& incident) {
    const std::int64_t made_up = std::exchange(incident.made_up_id, 0);
    const auto early = early_.find(made_up);
    if (early == early_.end()) return;
    if (!incident.ended_at) {
        for (Answer& answer : early->second) {
            answer.incident = incident.id;
            const Incident before = incident;
            note(incident, answer);
            if (incident == before) continue;
            unrecorded_[incident.key.database].answers.push_back(std::move(answer));
        }
    }
    early_.erase(early);
}

void Alerting::refused(const Outcome& outcome) {
    if (!outcome.judge) return;
    Judgement judgement = outcome.judge(open_of(outcome.database), silences);
    std::map<IncidentKey, std::int64_t> made_up;
    for (Incident& incident : judgement.changed) {
        if (incident.id == 0 && incident.made_up_id != 0) incident.id = incident.made_up_id;
        if (incident.id == 0) incident.id = ++last_made_up_;
        made_up[incident.key] = incident.id;
        unrecorded_[outcome.database].incidents.insert_or_assign(incident.key, incident);
        put(std::move(incident));
    }
    std::vector<Pending> notices;
    for (Addressed& addressed : judgement.notices) {
        Pending& pending = notices.emplace_back();
        pending.id = ++last_made_up_;
        pending.lane = std::move(addressed.lane);
        pending.notice = std::move(addressed.notice);
        if (pending.notice.incident == 0) pending.notice.incident = made_up[pending.notice.key];
        keep(outcome.database, pending, true);
    }
    const Scope scope{outcome.database, outcome.set};
    wakes_.erase(scope);
    if (judgement.wake) wakes_[scope] = *judgement.wake;
    if (!notices.empty()) deliver(std::move(notices));
}

void Alerting::keep(const std::string& database, const Pending& notice, bool is_new) {
    KeptNotice& kept = unrecorded_[database].notices[notice.id];
    const bool is_known = kept.version > 0;
    kept.pending = notice;
    kept.is_new = is_known ? kept.is_new : is_new;
    ++kept.version;
    unrecorded_home_[notice.id] = database;
}

void Alerting::settled(const Settlement& settlement, bool is_recorded) {
    const auto forget = [&](std::int64_t id) {
        const auto home = unrecorded_home_.find(id);
        if (home == unrecorded_home_.end()) return;
        Unrecorded& unrecorded = unrecorded_[home->second];
        unrecorded.notices.erase(id);
        if (unrecorded.is_empty()) unrecorded_.erase(home->second);
        unrecorded_home_.erase(home);
    };
    for (const Pending& changed : settlement.changed) {
        const auto home = unrecorded_home_.find(changed.id);
        const bool is_kept = home != unrecorded_home_.end();
        const bool is_new = is_kept && unrecorded_[home->second].notices[changed.id].is_new;
        if (is_recorded && !is_new) {
            forget(changed.id);
        } else if (!is_recorded) {
            keep(is_kept ? home->second : changed.notice.key.database, changed, false);
        }
    }
    for (const std::int64_t id : settlement.gone) forget(id);
    if (is_recorded) return;
    for (const Answer& answer : settlement.answers) {
        const auto found = open_.find(answer.incident);
        if (found == open_.end()) continue;
        note(found->second, answer);
        if (answer.incident < 0) add(early_[answer.incident], answer);
        const auto unrecorded = unrecorded_.find(found->second.key.database);
        if (unrecorded == unrecorded_.end()) continue;
        const auto refused = unrecorded->second.incidents.find(found->second.key);
        if (refused != unrecorded->second.incidents.end()) note(refused->second, answer);
    }
}

std::set<std::string> Alerting::unrecorded() const {
    std::set<std::string> databases;
    for (const auto& [database, unrecorded] : unrecorded_) databases.insert(database);
    return databases;
}

std::vector<Incident> Alerting::open_of(const std::string& database) const {
    std::vector<Incident> found;
    const auto ids = open_of_.find(database);
    if (ids == open_of_.end()) return found;
    for (const std::int64_t id : ids->second) found.push_back(open_.at(id));
    return found;
}

bool Alerting::has_paged(const IncidentKey& key) const {
    const auto ids = open_of_.find(key.database);
    if (ids == open_of_.end()) return false;
    return std::ranges::any_of(ids->second, [&](std::int64_t id) {
        const Incident& incident = open_.at(id);
        return incident.key == key && std::ranges::any_of(incident.told, [](const auto& told) {
                   return told.lane.pages && !told.steps.empty();
               });
    });
}

void Alerting::put(Incident incident) {
    erase(incident.id);
    if (incident.ended_at) {
        early_.erase(incident.id);
        return;
    }
    open_of_[incident.key.database].insert(incident.id);
    open_.insert_or_assign(incident.id, std::move(incident));
}

void Alerting::erase(std::int64_t id) {
    const auto found = open_.find(id);
    if (found == open_.end()) return;
    const auto ids = open_of_.find(found->second.key.database);
    ids->second.erase(id);
    if (ids->second.empty()) open_of_.erase(ids);
    open_.erase(found);
}

void Alerting::recall(std::vector<Incident> incidents) {
    // Of what is told from memory meanwhile, memory has the last word until it is recorded.
    const auto is_told = [this](const Incident& incident) {
        const auto unrecorded = unrecorded_.find(incident.key.database);
        return unrecorded != unrecorded_.end() &&
               unrecorded->second.incidents.contains(incident.key);
    };
    const auto known = open_;
    for (const auto& [id, incident] : known) {
        if (id > 0 && !is_told(incident)) erase(id);
    }
    for (Incident& incident : incidents) {
        if (!is_told(incident)) put(std::move(incident));
    }
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
