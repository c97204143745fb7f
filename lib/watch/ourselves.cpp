#include "async/as_failure.hpp"
#include "core/failure.hpp"
#include "watch/volume.hpp"
#include "watch/work.hpp"
#include "watch/world_memory.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

namespace backupwatch {
namespace {

constexpr Duration measuring_limit = std::chrono::seconds(30);

struct Measured {
    std::string volume;
    std::optional<DiskSample> sample;
    std::string error;
};

/// The folder, or the nearest above it that is there: before the first dump there is none yet.
/// Null, and errno says why, where that cannot be told. Blocking.
std::optional<dev_t> device_of(std::filesystem::path& folder) {
    for (;;) {
        struct stat status {};
        if (::stat(folder.c_str(), &status) == 0) return status.st_dev;
        const auto parent = folder.parent_path();
        if (errno != ENOENT || parent.empty() || parent == folder) return std::nullopt;
        folder = parent;
    }
}

/// The volumes that state, drills and dumps are on, each once; and each folder of which that cannot
/// be told. Blocking.
std::vector<Measured> measure_volumes(
    const std::vector<std::filesystem::path>& folders, Instant now
) {
    std::vector<Measured> all;
    std::set<dev_t> devices;
    for (const auto& configured : folders) {
        auto folder = std::filesystem::absolute(configured);
        const auto device = device_of(folder);
        const int error = errno;
        Measured measured;
        measured.volume = folder.string();
        if (!device) {
            measured.error = "cannot look at it: " + std::system_category().message(error);
        } else if (!devices.insert(*device).second) {
            continue;
        }
        try {
            if (device) measured.sample = measure_volume(folder, now);
        } catch (const Failure& failure) {
            measured.error = failure.what();
        }
        all.push_back(std::move(measured));
    }
    return all;
}

/// Adds what these folders measure. `what` they are for names them where one hangs, which holds up
/// neither the others nor the other checks of ourselves.
Task<> measure_in_time(
    World& world,
    std::string what,
    std::vector<std::filesystem::path> folders,
    std::vector<Measured>& all
) {
    const Instant now = world.clock.now();
    auto measured = std::make_shared<std::vector<Measured>>();
    std::function<void()> measure = [measured, folders, now] {
        *measured = measure_volumes(folders, now);
    };
    std::string error;
    try {
        auto call =
            world.hanging_calls.run("measuring " + what, measuring_limit, std::move(measure));
        co_await as_failure(std::move(call));
        all.insert(all.end(), measured->begin(), measured->end());
    } catch (const Failure& failure) {
        error = failure.what();
    }
    if (error.empty()) co_return;
    Measured& unknown = all.emplace_back();
    unknown.volume = what;
    unknown.error = error;
}

/// The worst of them, each judged by its own past.
Finding check_volumes(World& world, const std::vector<Measured>& all, Instant now) {
    Finding worst = check_disk(DiskPolicy(), {}, {}, now);
    bool is_first = true;
    for (const Measured& measured : all) {
        auto& samples = world.volume_samples[measured.volume];
        if (measured.sample) keep_sample(samples, *measured.sample);
        Finding finding = check_disk(DiskPolicy(), samples, measured.error, now);
        finding.summary = measured.volume + ": " + finding.summary;
        if (is_first || finding.severity > worst.severity) worst = std::move(finding);
        is_first = false;
    }
    return worst;
}

/// A damaged state that nobody has taken away yet, or nothing.
std::string damaged_state(const Store& store) {
    for (const auto& file : store.damaged_files()) {
        if (std::filesystem::exists(file)) return file.string();
    }
    return {};
}

}  // namespace

Finding World::state_finding() const {
    Finding finding = check_state({store_error, state_alarm, damaged_state(store)});
    finding.database = our_name;
    return finding;
}

bool World::is_history_lost() const {
    return !damaged_state(store).empty();
}

ClockObservation World::observe_clock() {
    clock_watch.look({clock.now(), clock.uptime()});
    ClockObservation observed;
    observed.jump = clock_watch.jump();
    observed.is_behind_records = clock_went_back || clock_watch.has_met_future();
    observed.is_synchronised = clock.is_synchronised();
    observed.was_synchronised = memory_->clock_was_synchronised;
    observed.uptime = clock.uptime();
    memory_->clock_was_synchronised |= observed.is_synchronised;
    return observed;
}

Finding World::clock_finding() {
    Finding finding = check_clock(observe_clock());
    finding.database = our_name;
    return finding;
}

std::optional<Instant> World::clock_doubted_before() {
    const ClockObservation observed = observe_clock();
    if (awaits_synchronisation(observed)) return Instant::max();
    return clock_watch.steady_since();
}

Task<std::vector<Finding>> watch_ourselves(World& world) {
    std::vector<std::filesystem::path> own{world.settings.state_dir, world.settings.work_dir};
    std::vector<std::filesystem::path> dumps;
    for (const auto& database : world.databases) {
        for (const auto& set : database.sets) {
            if (!set->settings.directory.empty()) dumps.push_back(set->settings.directory);
        }
    }
    std::vector<Measured> measured;
    co_await measure_in_time(world, "the volumes of state and drills", std::move(own), measured);
    co_await measure_in_time(world, "the volumes of the dumps", std::move(dumps), measured);
    co_await world.probe_store();

    const Instant now = world.clock.now();
    Outcome outcome;
    outcome.database = our_name;
    outcome.at = now;
    outcome.findings = {
        check_volumes(world, measured, now), world.state_finding(), world.clock_finding()};
    for (Finding& finding : outcome.findings) finding.database = our_name;
    world.last_look_at_ourselves = now;
    co_return co_await world.commit(std::move(outcome));
}

}  // namespace backupwatch
