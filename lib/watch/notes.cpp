#include "watch/notes.hpp"

#include "watch/world_memory.hpp"

#include <map>
#include <set>
#include <utility>

namespace backupwatch {
namespace {

/// Its fallback stands in for one that takes nothing.
std::set<std::string> readers(const World& world) {
    const AlertSettings& alerts = world.settings.alerts;
    AlertPolicy policy;
    EscalationStep& step = policy.steps.emplace_back();
    step.notify = alerts.digest_notify;
    if (step.notify.empty()) {
        for (const NotifierSettings& notifier : alerts.notifiers) {
            step.notify.push_back(notifier.name);
        }
    }
    std::map<std::string, std::string> fallbacks;
    for (const NotifierSettings& notifier : alerts.notifiers) {
        if (!notifier.fallback.empty()) fallbacks[notifier.name] = notifier.fallback;
    }
    std::set<std::string> broken;
    for (const NotifierHealth& health : world.alerting.health()) {
        if (health.is_broken) broken.insert(health.name);
    }
    policy = with_fallbacks(std::move(policy), fallbacks, broken);
    const auto& names = policy.steps.front().notify;
    return {names.begin(), names.end()};
}

/// Of ourselves, under a name of its own: what is due of any set stays due.
Outcome outcome_of_note(const World& world) {
    Outcome outcome;
    outcome.database = our_name;
    outcome.at = world.clock.now();
    return outcome;
}

}  // namespace

std::vector<Addressed> to_readers(const World& world, const Notice& notice) {
    std::vector<Addressed> all;
    if (!world.alerting.has_policy()) return all;
    const std::set<std::string> names = readers(world);
    for (const Lane& lane : world.alerting.policy().lanes) {
        if (!lane.pages && names.contains(lane.notifier)) all.push_back({lane, notice});
    }
    return all;
}

Notice note_of(const std::string& database, std::string summary, std::vector<std::string> lines) {
    Notice notice;
    notice.kind = NoticeKind::noted;
    notice.key.database = database;
    notice.summary = std::move(summary);
    notice.consequences = std::move(lines);
    return notice;
}

Task<> record_mark(World& world, NotedMark mark) {
    Outcome outcome = outcome_of_note(world);
    outcome.mark = std::move(mark);
    co_await world.store.commit(std::move(outcome));
}

Task<std::size_t> tell_note(World& world, Notice notice, std::optional<NotedMark> mark) {
    const auto turn = co_await world.alerting.turn.acquire();
    Outcome outcome = outcome_of_note(world);
    notice.made_at = outcome.at;
    notice.since = outcome.at;
    auto notices = to_readers(world, notice);
    const std::size_t count = notices.size();
    outcome.mark = std::move(mark);
    outcome.judge = world.alerting.carrying(our_name, std::move(notices));
    Recorded recorded = co_await world.store.commit(std::move(outcome));
    world.alerting.recorded({our_name, "note"}, std::move(recorded));
    co_return count;
}

}  // namespace backupwatch
