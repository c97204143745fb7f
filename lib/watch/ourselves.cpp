#include "async/as_failure.hpp"
#include "async/semaphore.hpp"
#include "async/together.hpp"
#include "core/failure.hpp"
#include "core/words.hpp"
#include "watch/volume.hpp"
#include "watch/work.hpp"
#include "watch/world_memory.hpp"

#include <sys/stat.h>

#include <algorithm>
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
/// Of many folders on mounts that hang, so that few threads wait, and not one after the other.
constexpr int most_calls = 32;

/// What was found out about the volume that a folder is on.
struct Measured {
    std::string volume;
    std::optional<dev_t> device;  ///< none: that cannot be told
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

/// Blocking.
Measured measure(const std::filesystem::path& configured, Instant now) {
    auto folder = std::filesystem::absolute(configured);
    Measured measured;
    measured.device = device_of(folder);
    const int error = errno;
    measured.volume = folder.string();
    if (!measured.device) {
        measured.error = "cannot look at it: " + std::system_category().message(error);
        return measured;
    }
    try {
        measured.sample = measure_volume(folder, now);
    } catch (const Failure& failure) {
        measured.error = failure.what();
    }
    return measured;
}

/// One that hangs holds up no other, and the other checks of ourselves no longer than its limit.
Task<> measure_in_time(
    World& world, Semaphore& calls, std::filesystem::path folder, Measured& measured
) {
    const Instant now = world.clock.now();
    const auto place = co_await calls.acquire();
    // Of the call, which may outlive us.
    auto result = std::make_shared<Measured>();
    std::function<void()> work = [result, folder, now] { *result = measure(folder, now); };
    try {
        const std::string name = "measuring the volume of " + folder.string();
        auto call = world.hanging_calls.run(name, measuring_limit, std::move(work));
        co_await as_failure(std::move(call));
        measured = std::move(*result);
    } catch (const Failure& failure) {
        measured.volume = folder.string();
        measured.error = failure.what();
    }
}

/// The volumes that state, drills and dumps are on, each once; and each folder of which that cannot
/// be told. In the order of the configuration, so that a volume keeps its name.
Task<std::vector<Measured>> measure_volumes(World& world) {
    std::vector<std::filesystem::path> folders{world.settings.state_dir, world.settings.work_dir};
    for (const auto& database : world.databases) {
        for (const auto& set : database.sets) {
            const auto& folder = set->settings.directory;
            if (folder.empty()) continue;
            if (std::ranges::find(folders, folder) == folders.end()) folders.push_back(folder);
        }
    }
    std::vector<Measured> all(folders.size());
    Semaphore calls(most_calls);
    std::vector<Task<>> tasks;
    for (std::size_t i = 0; i < folders.size(); ++i) {
        tasks.push_back(measure_in_time(world, calls, folders[i], all[i]));
    }
    co_await together(std::move(tasks));

    std::set<dev_t> devices;
    std::erase_if(all, [&](const Measured& measured) {
        return measured.device && !devices.insert(*measured.device).second;
    });
    co_return all;
}

/// The worst of them, each judged by its own past; it names the others that fail.
Finding check_volumes(World& world, const std::vector<Measured>& all, Instant now) {
    std::vector<Finding> findings;
    for (const Measured& measured : all) {
        auto& samples = world.volume_samples[measured.volume];
        if (measured.sample) keep_sample(samples, *measured.sample);
        Finding& finding = findings.emplace_back();
        finding = check_disk(DiskPolicy(), samples, measured.error, now);
        finding.summary = measured.volume + ": " + finding.summary;
    }
    std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
        return a.severity > b.severity;
    });
    std::vector<std::string> others;
    for (std::size_t i = 1; i < findings.size(); ++i) {
        if (findings[i].severity != Severity::ok) others.push_back(findings[i].summary);
    }
    Finding& worst = findings.front();
    if (!others.empty()) worst.summary += "; " + listed(others);
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
    const auto measured = co_await measure_volumes(world);
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
