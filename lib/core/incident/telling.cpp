#include "core/incident/telling.hpp"

#include "core/incident/shared_cause.hpp"
#include "core/incident/step.hpp"

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

class Telling {
  public:
    Telling(
        Incident& incident,
        const AlertPolicy& policy,
        Instant now,
        std::optional<Instant> clock_doubted_before,
        std::vector<Addressed>& notices
    )
        : incident_(incident),
          policy_(policy),
          now_(now),
          clock_doubted_before_(clock_doubted_before),
          notices_(notices) {}

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
        notices_.push_back({told.lane, std::move(notice)});
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
    std::vector<Addressed>& notices_;
};

}  // namespace

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

void tell_what_is_due(
    Incident& incident,
    const AlertPolicy& policy,
    Instant now,
    std::optional<Instant> clock_doubted_before,
    const Notice& context,
    const std::optional<Leader>& leader,
    std::vector<Addressed>& notices
) {
    Telling(incident, policy, now, clock_doubted_before, notices).tell(context, leader);
}

void tell_end(
    const Incident& incident,
    NoticeKind kind,
    const Notice& context,
    const AlertPolicy& policy,
    std::vector<Addressed>& notices
) {
    for (const LedgerEntry& told : incident.told) {
        if (!knows_of_it(told)) continue;
        // One that is configured no more may be again, and would know of the problem alone: a pager
        // would fold the next one into that.
        const Lane* known = lane_of(told, policy);
        Addressed addressed{known == nullptr ? told.lane : *known, context};
        if (addressed.lane.pages) addressed.lane.route = told.lane.route;
        addressed.notice.kind = kind;
        notices.push_back(std::move(addressed));
    }
}

}  // namespace backupwatch
