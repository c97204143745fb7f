#include "alert_loop.hpp"

#include "core/check/our_checks.hpp"
#include "core/failure.hpp"
#include "watch/alert_policy.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

/// The longest that something due by time alone is late.
constexpr Duration tick = 10s;
/// How often everything that fails is judged anew: what was found by nobody's look (a set whose
/// looks hang) is told then.
constexpr Duration complete_period = 1min;

std::set<std::string> broken_names(const std::vector<NotifierHealth>& all) {
    std::set<std::string> names;
    for (const NotifierHealth& health : all) {
        if (health.is_broken) names.insert(health.name);
    }
    return names;
}

struct Reset {
    bool& flag;
    ~Reset() { flag = false; }
};

Finding finding_of(const NotifierHealth& health, Instant now) {
    DeliveryObservation observed;
    observed.notifier = health.name;
    observed.pending = health.pending;
    observed.is_broken = health.is_broken;
    observed.failing = health.failing;
    observed.error = health.error;
    observed.failing_since = health.failing_since;
    observed.certificate = health.certificate;
    Finding finding = check_delivery(observed, now);
    finding.database = "backupwatch";
    return finding;
}

}  // namespace

AlertLoop::AlertLoop(
    Clock& clock, Store& store, Scope& scope, Counted counted, asio::any_io_executor executor
)
    : clock_(clock),
      scope_(scope),
      delivery_(clock, store, scope, std::move(executor)),
      last_turn_(clock.awake()) {
    delivery_.events.counted = [counted = std::move(counted)](
                                   const Lane& lane, std::string_view result
                               ) { counted(lane.notifier, result); };
    delivery_.events.health_changed = [this] { take_health(); };
    delivery_.events.ready = [this] { take_health(); };
    delivery_.events.settled = [this](const Settlement& settlement, bool is_recorded) {
        if (world_) world_->alerting.settled(settlement, is_recorded);
    };
}

void AlertLoop::adopt(std::shared_ptr<World> world) {
    world_ = std::move(world);
    delivery_.use(world_->alerting.notifiers);
    world_->alerting.health = [this] { return delivery_.health(); };
    world_->alerting.quiet_for = [this] {
        return clock_.awake() - std::min(last_turn_, delivery_.last_look());
    };
    world_->alerting.deliver = [this](std::vector<Pending> notices) {
        delivery_.add(std::move(notices));
    };
    world_->alerting.renumber = [this](const std::vector<KeptNotice>& recorded) {
        delivery_.renumber(recorded);
    };
    world_->alerting.certificate_shown = [this](const std::string& endpoint, const auto& shown) {
        delivery_.note_certificate(endpoint, shown);
    };
    take_health();
}

Task<> AlertLoop::run() {
    scope_.spawn("outbox", delivery_.run());
    Duration last_complete = clock_.uptime();
    for (;;) {
        const std::shared_ptr<World> world = world_;
        const Instant now = clock_.now();
        const Duration up = clock_.uptime();
        if (up - last_complete >= complete_period) {
            last_complete = up;
            take_health();
        } else {
            auto due = world->alerting.due(now);
            co_await world->judge_each(std::move(due));
        }
        last_turn_ = clock_.awake();
        const Instant wake = world->alerting.next().value_or(now + tick);
        co_await clock_.wait(std::clamp(wake, now + 100ms, now + tick));
    }
}

/// One after the other, and once more where something changed meanwhile.
void AlertLoop::take_health() {
    if (is_looking_) {
        is_asked_again_ = true;
        return;
    }
    is_looking_ = true;
    scope_.spawn("look at the notifiers", look_at_notifiers(world_));
}

Task<> AlertLoop::look_at_notifiers(std::shared_ptr<World> world) {
    // However it ends: else nobody would look again.
    const Reset looking{is_looking_};
    do {
        is_asked_again_ = false;
        world = world_;
        // Before it is known how they did in an earlier process, there is nothing to say of them.
        const auto all = delivery_.is_ready() ? delivery_.health() : std::vector<NotifierHealth>();
        world->alerting.use(
            policy_of(world->settings.alerts, world->alerting.notifiers, broken_names(all))
        );
        for (const NotifierHealth& health : all) {
            Outcome outcome;
            outcome.database = "backupwatch";
            outcome.set = health.name;
            outcome.at = clock_.now();
            outcome.findings = {finding_of(health, outcome.at)};
            co_await world->commit(std::move(outcome));
        }
        co_await world->judge_all();
    } while (is_asked_again_);
}

}  // namespace backupwatch
