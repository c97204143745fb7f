#include "watch/self_observation.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

/// In it, what is due by now begins: after a sleep of the machine everything wakes at once.
constexpr Duration settling = std::chrono::seconds(1);

std::string words_of(const StreamKey& stream) {
    const std::string target = stream.set.empty() ? "" : "/" + stream.set;
    return stream.kind + " of " + stream.database + target;
}

SelfObservation::Notifier notifier_of(const NotifierHealth& health, const Clock& clock) {
    SelfObservation::Notifier notifier;
    notifier.name = health.name;
    notifier.pending = health.pending;
    notifier.error = health.error;
    notifier.is_failing = health.is_failing;
    const Instant now = clock.now();
    if (health.failing_since) notifier.failing_for = now - *health.failing_since;
    if (health.oldest) notifier.waited = now - *health.oldest;
    // A long queue moves on, however old its end is.
    if (health.last_sent) {
        notifier.waited = std::min(notifier.waited, clock.uptime() - *health.last_sent);
    }
    return notifier;
}

}  // namespace

Task<SelfObservation> observe_self(std::shared_ptr<World> world, Scheduler& scheduler) {
    SelfObservation observed;
    Clock& clock = world->clock;
    scheduler.look_now();
    const Duration begun = clock.awake();
    co_await pause(clock, settling);
    observed.loop_delay = std::max(clock.awake() - begun - settling, Duration(0));
    co_await world->probe_store();

    observed.store_error = world->state_alarm.empty() ? world->store_error : world->state_alarm;
    observed.scheduler_quiet = clock.awake() - scheduler.last_turn();
    const Instant now = clock.now();
    for (const auto& [stream, by] : scheduler.overdue(now)) {
        observed.overdue.push_back({words_of(stream), by});
    }
    observed.delivery_quiet = world->alerting.quiet_for();
    if (const auto next = world->alerting.next()) observed.judging_late = now - *next;
    for (const NotifierHealth& health : world->alerting.health()) {
        observed.notifiers.push_back(notifier_of(health, clock));
    }
    co_return observed;
}

}  // namespace backupwatch
