#include "core/incident/shared_cause.hpp"
#include "core/incident/step.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace backupwatch {
namespace {

/// What every notice of an incident says.
Notice notice_of(const Incident& incident, NoticeKind kind, const Proofs& proofs, Instant now) {
    Notice notice;
    notice.kind = kind;
    notice.incident = incident.id;
    notice.key = incident.key;
    notice.severity = incident.finding.severity;
    notice.summary = incident.finding.summary;
    notice.value = incident.finding.value;
    notice.threshold = incident.finding.threshold;
    notice.since = incident.opened_at;
    notice.failures = incident.finding.failures;
    notice.acknowledged_until = incident.acknowledged_until;
    notice.last_backup = proofs.last_backup;
    notice.last_drill = proofs.last_drill;
    notice.provider_page = proofs.provider_page;
    notice.made_at = now;
    return notice;
}

/// Judges one incident that goes on.
class Telling {
  public:
    Telling(
        Incident& incident,
        const AlertPolicy& policy,
        Instant now,
        std::optional<Instant> clock_doubted_before,
        Judgement& judgement
    )
        : incident_(incident),
          policy_(policy),
          now_(now),
          clock_doubted_before_(clock_doubted_before),
          judgement_(judgement) {}

    /// `context`: what is told beside the finding itself. `leader`: what it follows from; who
    /// hears of that is not told of this.
    void tell(const Notice& context, const std::optional<Leader>& leader) {
        for (const Lane& lane : policy_.lanes) {
            const Severity severity = incident_.finding.severity;
            const bool goes_without_saying =
                leader && is_told_with(lane, incident_.key, severity, *leader, policy_);
            if (!goes_without_saying) tell(lane, context);
        }
    }

  private:
    void tell(const Lane& lane, const Notice& context) {
        const LedgerEntry* before = told_of(incident_, lane, policy_);
        std::vector<std::string> steps = steps_due(lane, before);
        std::optional<NoticeKind> kind = first_told(lane, before);
        if (steps.empty()) kind = repeated(lane, before, context.members);
        if (!kind) return;
        Notice notice = context;
        notice.kind = *kind;
        const LedgerEntry& told = record(lane, before, std::move(steps), context.members);
        judgement_.notices.push_back({told.lane, std::move(notice)});
    }

    std::vector<std::string> steps_due(const Lane& lane, const LedgerEntry* before) const {
        std::vector<std::string> due;
        const Severity severity = incident_.finding.severity;
        for (const EscalationStep& step : policy_.steps) {
            if (!names(step, lane) || !applies(step, incident_, now_, clock_doubted_before_)) {
                continue;
            }
            const std::string identity = identity_of(step);
            if (before != nullptr && was_told(*before, identity, severity, policy_)) continue;
            due.push_back(identity);
        }
        return due;
    }

    NoticeKind first_told(const Lane& lane, const LedgerEntry* before) const {
        const bool is_worse = before != nullptr && !before->steps.empty() &&
                              worst_told(*before) < incident_.finding.severity;
        if (is_worse) return NoticeKind::worse;
        // What is open at a pager goes on there: opened anew, it might be with another key.
        if (lane.pages) {
            const bool is_open = before != nullptr && before->reached_at;
            return is_open ? NoticeKind::again : NoticeKind::problem;
        }
        // By another step: it is no news.
        const bool is_known = before != nullptr && knows_of_it(*before);
        return is_known ? NoticeKind::reminder : NoticeKind::problem;
    }

    /// What is told of something that was told already.
    std::optional<NoticeKind> repeated(
        const Lane& lane, const LedgerEntry* before, const std::vector<std::string>& members
    ) const {
        if (before == nullptr || before->steps.empty()) return std::nullopt;
        if (lane.pages) {
            if (incident_.finding.failures > before->failures) return NoticeKind::again;
            return std::nullopt;
        }
        // No reminder: whoever acknowledged it may not know how far it goes.
        if (has_spread(members, before->members, now_ - before->last_at)) return NoticeKind::worse;
        if (is_acknowledged(incident_, now_)) return std::nullopt;
        const auto times = reminder_times(incident_.opened_at, policy_.reminders, now_);
        if (times.due && *times.due > before->last_at) return NoticeKind::reminder;
        return std::nullopt;
    }

    const LedgerEntry& record(
        const Lane& lane,
        const LedgerEntry* before,
        std::vector<std::string> steps,
        const std::vector<std::string>& members
    ) {
        if (before == nullptr) incident_.told.push_back(LedgerEntry{lane, {}, now_, now_});
        LedgerEntry& told =
            before == nullptr
                ? incident_.told.back()
                : incident_.told[static_cast<std::size_t>(before - incident_.told.data())];
        // A pager is asked to resolve with the key it was called with, so the route stays.
        const std::string route = told.lane.route;
        told.lane = lane;
        if (lane.pages && !route.empty()) told.lane.route = route;
        for (std::string& step : steps) {
            std::erase_if(told.steps, [&](const ToldStep& entry) { return entry.step == step; });
            told.steps.push_back({std::move(step), incident_.finding.severity});
        }
        told.failures = std::max(told.failures, incident_.finding.failures);
        told.members = members;
        told.last_at = now_;
        told.arrival = Arrival::queued;
        return told;
    }

    Incident& incident_;
    const AlertPolicy& policy_;
    Instant now_;
    std::optional<Instant> clock_doubted_before_;
    Judgement& judgement_;
};

/// Tells exactly those who were told of the problem, silenced or not.
void tell_end(
    Incident& incident,
    NoticeKind kind,
    const Notice& context,
    const AlertPolicy& policy,
    Judgement& judgement
) {
    for (const LedgerEntry& told : incident.told) {
        if (!knows_of_it(told)) continue;
        // One that is configured no more may be again, and would know of the problem alone: a pager
        // would fold the next one into that.
        const Lane* known = lane_of(told, policy);
        Addressed addressed{known == nullptr ? told.lane : *known, context};
        if (addressed.lane.pages) addressed.lane.route = told.lane.route;
        addressed.notice.kind = kind;
        judgement.notices.push_back(std::move(addressed));
    }
}

void end(
    Incident incident,
    NoticeKind kind,
    const Finding* passing,
    const Proofs& proofs,
    const AlertPolicy& policy,
    Instant now,
    Judgement& judgement
) {
    Notice notice = notice_of(incident, kind, proofs, now);
    notice.severity = incident.worst;
    notice.ended_at = now;
    // Only told: what is kept is how it failed.
    if (passing != nullptr) notice.summary = passing->summary;
    tell_end(incident, kind, notice, policy, judgement);
    incident.ended_at = now;
    judgement.changed.push_back(std::move(incident));
}

/// When something may be due that no finding brings.
std::optional<Instant> wake_of(
    const Incident& incident,
    const AlertPolicy& policy,
    const std::vector<Silence>& silences,
    Instant now,
    std::optional<Instant> clock_doubted_before
) {
    std::optional<Instant> wake;
    const Instant from = reckoned_from(incident, clock_doubted_before);
    const auto sooner = [&](Instant at) {
        if (at > now && (!wake || at < *wake)) wake = at;
    };
    for (const EscalationStep& step : policy.steps) {
        if (concerns(step, incident.key) && from <= now) sooner(from + step.duration);
    }
    const auto times = reminder_times(incident.opened_at, policy.reminders, now);
    if (times.next) sooner(*times.next);
    if (incident.acknowledged_until) sooner(*incident.acknowledged_until);
    for (const Silence& silence : silences) {
        if (covers(silence, incident.key, now)) sooner(silence.until);
    }
    return wake;
}

/// Silent, or no verdict now: it goes on as it was told, and leads what follows from it.
Situation as_told(Situation situation, const std::vector<Incident>& open) {
    for (Finding& finding : situation.findings) {
        if (!is_held(finding)) continue;
        const IncidentKey key{situation.database, finding.set, finding.check};
        const auto incident = std::ranges::find(open, key, &Incident::key);
        if (incident != open.end()) finding = incident->finding;
    }
    return situation;
}

class Judging {
  public:
    Judging(
        const std::vector<Incident>& open,
        const Situation& situation,
        const AlertPolicy& policy,
        const std::vector<Silence>& silences,
        Instant now
    )
        : open_(open),
          situation_(as_told(situation, open)),
          policy_(policy),
          silences_(silences),
          now_(now) {}

    Judgement run() {
        for (const Incident& incident : open_) {
            if (is_ours(incident.key)) go_on(incident);
        }
        for (const Finding& finding : situation_.findings) {
            if (finding.set == situation_.set) begin(finding);
        }
        return std::move(judgement_);
    }

  private:
    bool is_ours(const IncidentKey& key) const {
        return key.database == situation_.database && key.set == situation_.set;
    }

    const Finding* finding_of(const IncidentKey& key) const {
        for (const Finding& finding : situation_.findings) {
            if (finding.set == key.set && finding.check == key.check) return &finding;
        }
        return nullptr;
    }

    bool is_watched(const std::string& check) const {
        const auto& checks = situation_.checks;
        return std::find(checks.begin(), checks.end(), check) != checks.end();
    }

    std::optional<Leader> leader_of_one(const Finding& finding) const {
        return led_by(finding, situation_, silences_, now_);
    }

    /// Whether all who would hear of it hear of what it follows from.
    bool is_told_with_its_leader(const Finding& finding) const {
        const std::optional<Leader> leader = leader_of_one(finding);
        if (!leader) return false;
        const IncidentKey key{situation_.database, finding.set, finding.check};
        return std::ranges::all_of(policy_.lanes, [&](const Lane& lane) {
            return is_told_with(lane, key, finding.severity, *leader, policy_);
        });
    }

    void go_on(const Incident& before) {
        const Proofs& proofs = situation_.proofs;
        const Finding* finding = finding_of(before.key);
        if (finding == nullptr && !is_watched(before.key.check)) {
            end(before, NoticeKind::unwatched, nullptr, proofs, policy_, now_, judgement_);
            return;
        }
        if (finding != nullptr && finding->severity == Severity::ok) {
            end(before, NoticeKind::recovery, finding, proofs, policy_, now_, judgement_);
            return;
        }
        Incident incident = before;
        if (finding != nullptr) incident.finding = *finding;
        tell(incident);
        if (incident != before) judgement_.changed.push_back(std::move(incident));
    }

    void begin(const Finding& finding) {
        if (finding.severity == Severity::ok || is_held(finding)) return;
        const IncidentKey key{situation_.database, finding.set, finding.check};
        for (const Incident& incident : open_) {
            if (incident.key == key) return;
        }
        if (is_told_with_its_leader(finding)) return;
        Incident incident;
        incident.key = key;
        incident.opened_at = std::min(finding.since.value_or(now_), now_);
        incident.finding = finding;
        tell(incident);
        judgement_.changed.push_back(std::move(incident));
    }

    void tell(Incident& incident) {
        incident.worst = std::max(incident.worst, incident.finding.severity);
        // A clock that was wrong when it began.
        incident.opened_at = std::min(incident.opened_at, now_);
        for (LedgerEntry& told : incident.told) {
            told.last_at = std::min(told.last_at, now_);
            // Those that failed most often may be well again: the others are counted from theirs.
            if (situation_.members.empty() || is_held(incident.finding)) continue;
            told.failures = std::min(told.failures, incident.finding.failures);
        }
        if (!is_silenced(incident.key, silences_, now_)) tell_all(incident);
        const auto doubted = situation_.clock_doubted_before;
        const auto wake = wake_of(incident, policy_, silences_, now_, doubted);
        wake_at(wake);
        if (!situation_.members.empty()) wake_at(now_ + spread_told_after);
    }

    void wake_at(std::optional<Instant> wake) {
        if (wake && (!judgement_.wake || *wake < *judgement_.wake)) judgement_.wake = wake;
    }

    void tell_all(Incident& incident) {
        const auto doubted = situation_.clock_doubted_before;
        const Notice context = context_of(incident);
        const std::optional<Leader> leader = leader_of_one(incident.finding);
        const auto unsure = not_surely_told(incident);
        if (unsure.empty()) {
            Telling(incident, policy_, now_, doubted, judgement_).tell(context, leader);
            return;
        }
        const AlertPolicy policy = with_fallbacks(policy_, policy_.fallbacks, unsure);
        Telling(incident, policy, now_, doubted, judgement_).tell(context, leader);
    }

    Notice context_of(const Incident& incident) const {
        Notice notice = notice_of(incident, NoticeKind::problem, situation_.proofs, now_);
        notice.next = next_step(incident, policy_, now_, situation_.clock_doubted_before);
        notice.members = situation_.members;
        for (const Finding& finding : situation_.findings) {
            const Finding* leader = leader_of(finding, situation_.findings);
            if (leader == nullptr || leader->set != incident.key.set ||
                leader->check != incident.key.check) {
                continue;
            }
            notice.consequences.push_back(
                (finding.set.empty() ? "" : finding.set + " ") + finding.check + ": " +
                finding.summary
            );
        }
        return notice;
    }

    const std::vector<Incident>& open_;
    const Situation situation_;
    const AlertPolicy& policy_;
    const std::vector<Silence>& silences_;
    const Instant now_;
    Judgement judgement_;
};

}  // namespace

bool covers(const Silence& silence, const IncidentKey& key, Instant now) {
    return silence.made_at <= now && now < silence.until && silence.database == key.database &&
           (silence.set.empty() || silence.set == key.set) &&
           (silence.check.empty() || silence.check == key.check);
}

Judgement judge(
    const std::vector<Incident>& open,
    const Situation& situation,
    const AlertPolicy& policy,
    const std::vector<Silence>& silences,
    Instant now
) {
    return Judging(open, situation, policy, silences, now).run();
}

Judgement end_unwatched(const std::vector<Incident>& open, const AlertPolicy& policy, Instant now) {
    Judgement judgement;
    for (const Incident& incident : open) {
        end(incident, NoticeKind::unwatched, nullptr, {}, policy, now, judgement);
    }
    return judgement;
}

Judgement acknowledge(
    Incident incident, const AlertPolicy& policy, Instant now, const Proofs& proofs
) {
    Judgement judgement;
    incident.acknowledged_until = now + acknowledgement_lasts;
    for (LedgerEntry& told : incident.told) {
        const Lane* lane = lane_of(told, policy);
        if (!knows_of_it(told) || lane == nullptr || !lane->pages) continue;
        Addressed addressed{*lane, notice_of(incident, NoticeKind::acknowledged, proofs, now)};
        addressed.lane.route = told.lane.route;
        judgement.notices.push_back(std::move(addressed));
    }
    judgement.changed.push_back(std::move(incident));
    return judgement;
}

}  // namespace backupwatch
