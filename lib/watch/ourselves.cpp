#include "core/failure.hpp"
#include "watch/volume.hpp"
#include "watch/work.hpp"
#include "watch/world_memory.hpp"

#include <sys/stat.h>

#include <optional>
#include <utility>

namespace backupwatch {
namespace {

/// The volumes that state, drills and dumps are on, each once.
std::vector<std::filesystem::path> our_volumes(const std::vector<std::filesystem::path>& folders) {
    std::vector<std::filesystem::path> volumes;
    std::vector<dev_t> devices;
    for (const auto& folder : folders) {
        struct stat status {};
        if (::stat(folder.c_str(), &status) < 0) continue;
        bool is_known = false;
        for (const dev_t device : devices) is_known = is_known || device == status.st_dev;
        if (is_known) continue;
        devices.push_back(status.st_dev);
        volumes.push_back(folder);
    }
    return volumes;
}

struct Measured {
    std::string volume;
    std::optional<DiskSample> sample;
    std::string error;
};

/// Blocking.
std::vector<Measured> measure_volumes(
    const std::vector<std::filesystem::path>& folders, Instant now
) {
    std::vector<Measured> all;
    for (const auto& volume : our_volumes(folders)) {
        Measured& measured = all.emplace_back();
        measured.volume = volume.string();
        try {
            measured.sample = measure_volume(volume, now);
        } catch (const Failure& failure) {
            measured.error = failure.what();
        }
    }
    return all;
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
    const Instant now = world.clock.now();
    std::vector<std::filesystem::path> folders{world.settings.state_dir, world.settings.work_dir};
    for (const auto& database : world.databases) {
        for (const auto& set : database.sets) {
            if (!set->settings.directory.empty()) folders.push_back(set->settings.directory);
        }
    }
    auto measure = [folders, now] { return measure_volumes(folders, now); };
    const auto measured = co_await world.pool.run(std::move(measure));
    co_await world.probe_store();

    Outcome outcome;
    outcome.database = our_name;
    outcome.at = now;
    outcome.findings = {
        check_volumes(world, measured, now), world.state_finding(), world.clock_finding()};
    for (Finding& finding : outcome.findings) finding.database = our_name;
    co_return co_await world.commit(std::move(outcome));
}

}  // namespace backupwatch
