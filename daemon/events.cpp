#include "events.hpp"

#include "commands/runbook_file.hpp"
#include "core/quoted_line.hpp"
#include "watch/streams.hpp"
#include "web/world_metrics.hpp"

#include <spdlog/spdlog.h>

#include <memory>
#include <string>
#include <utility>

namespace backupwatch {
namespace {

/// Beside the drill, which ends meanwhile.
Task<> keep_runbook(std::shared_ptr<World> world, std::string database) {
    co_await renew_runbook(*world, std::move(database));
}

void note_clock(World& world, bool went_back) {
    if (went_back != world.clock_went_back) {
        spdlog::log(
            went_back ? spdlog::level::warn : spdlog::level::info,
            "{}",
            went_back ? "the clock went back: slots lie in its future" : "the clock is right again"
        );
    }
    world.clock_went_back = went_back;
}

void note_store(World& world, const std::string& error) {
    // That it works again is known by what is written next.
    if (!error.empty()) world.note_store(error);
    if (error.empty()) {
        spdlog::info("the state can be written again");
    } else {
        spdlog::error(
            "no slot can be begun: the state cannot be written error={}", quoted_line(error)
        );
    }
}

}  // namespace

void follow_world(App& app, Metrics& metrics, Scope& scope) {
    World& world = *app.world;
    world.on_drill = [&metrics](const DrillReport& report) {
        metrics.drill_ended(report.database, report.set, report.restore_seconds());
    };
    const std::weak_ptr<World> followed = app.world;
    world.on_drill_recorded = [&scope, followed](const std::string& database) {
        if (auto kept = followed.lock()) {
            scope.spawn("runbook", keep_runbook(std::move(kept), database));
        }
    };
    world.on_owed_begun = [&app, &metrics](const WatchedSet&, Duration delay) {
        metrics.slot_begun(drill_kind, delay, app.clock->now());
    };
    world.on_owed_ended = [&metrics](const WatchedSet& set, SlotResult result) {
        metrics.slot_closed({set.database, set.settings.name, drill_kind}, result);
    };
}

Scheduler::Events scheduler_events(App& app, Metrics& metrics) {
    Scheduler::Events events;
    events.began = [&app, &metrics](const StreamKey& key, Duration delay) {
        metrics.slot_begun(key.kind, delay, app.clock->now());
    };
    events.ended = [&metrics](const StreamKey& key, SlotResult result) {
        metrics.slot_closed(key, result);
    };
    events.interrupted = [&app](StreamKey key, Instant slot) {
        return close_interrupted(app.world, std::move(key), slot);
    };
    events.clock = [&app](bool went_back) { note_clock(*app.world, went_back); };
    events.store = [&app](const std::string& error) { note_store(*app.world, error); };
    return events;
}

}  // namespace backupwatch
