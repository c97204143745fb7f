#include "watch/handling.hpp"

#include "core/failure.hpp"
#include "watch/silence_target.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace backupwatch {
namespace {

Failure no_incident(std::int64_t id) {
    return Failure(
        Failure::Kind::usage,
        "no incident " + std::to_string(id) + " is open",
        "`backupwatch incidents` lists those that are."
    );
}

}  // namespace

Task<Incident> acknowledge(World& world, std::int64_t id) {
    const auto known = world.alerting.open().find(id);
    if (known == world.alerting.open().end()) throw no_incident(id);
    Outcome outcome;
    outcome.database = known->second.key.database;
    outcome.set = known->second.key.set;
    outcome.at = world.clock.now();
    const std::string database = outcome.database;
    const Alerting::Scope scope{database, outcome.set};
    Incident acknowledged;
    {
        const auto turn = co_await world.alerting.turn.acquire();
        Situation situation = world.situation(database, outcome.set);
        outcome.judge = world.alerting.judge_acknowledged(std::move(situation), id, outcome.at);
        Recorded recorded = co_await world.store.commit(std::move(outcome));
        // By the number that it had until now, too: in memory, while the state refused.
        const auto found = std::ranges::find_if(recorded.changed, [id](const Incident& one) {
            return one.id == id || one.made_up_id == id;
        });
        const bool is_there = found != recorded.changed.end();
        if (is_there) acknowledged = *found;
        world.alerting.recorded(scope, std::move(recorded));
        if (!is_there) throw no_incident(id);
        acknowledged.made_up_id = 0;
    }
    co_await world.judge_again(scope);
    co_return acknowledged;
}

Task<Silence> silence(World& world, std::string target, Duration duration, std::string reason) {
    Silence wanted = silence_of(world, target);
    wanted.made_at = world.clock.now();
    wanted.until = wanted.made_at + duration;
    wanted.reason = std::move(reason);
    Silence made = co_await world.store.add_silence(std::move(wanted));
    world.alerting.silences.push_back(made);
    co_await world.judge_all();
    co_return made;
}

Task<> unsilence(World& world, std::int64_t id) {
    const bool was_there = co_await world.store.remove_silence(id);
    if (!was_there) {
        throw Failure(
            Failure::Kind::usage,
            "there is no silence " + std::to_string(id),
            "`backupwatch silences` lists them."
        );
    }
    std::erase_if(world.alerting.silences, [id](const Silence& one) { return one.id == id; });
    co_await world.judge_all();
}

}  // namespace backupwatch
