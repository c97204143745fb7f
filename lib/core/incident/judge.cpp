#include "core/incident/shared_cause.hpp"
#include "core/incident/step.hpp"
#include "core/incident/telling.hpp"

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

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
    tell_end(incident, kind, notice, policy, judgement.notices);
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
        auto& notices = judgement_.notices;
        if (unsure.empty()) {
            tell_what_is_due(incident, policy_, now_, doubted, context, leader, notices);
            return;
        }
        const AlertPolicy policy = with_fallbacks(policy_, policy_.fallbacks, unsure);
        tell_what_is_due(incident, policy, now_, doubted, context, leader, notices);
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
