#include "core/failure.hpp"
#include "watch/volume.hpp"
#include "watch/work.hpp"

#include <sys/stat.h>

#include <utility>

namespace backupwatch {
namespace {

constexpr const char* our_name = "backupwatch";

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

Finding check_volumes(
    const std::vector<std::filesystem::path>& volumes, Severity previous, Instant now
) {
    Finding worst;
    for (const auto& volume : volumes) {
        std::vector<DiskSample> samples;
        std::string error;
        try {
            samples.push_back(measure_volume(volume, now));
        } catch (const Failure& failure) {
            error = failure.what();
        }
        Finding finding = check_disk(DiskPolicy(), samples, previous, error, now);
        finding.summary = volume.string() + ": " + finding.summary;
        if (worst.check.empty() || finding.severity > worst.severity) worst = std::move(finding);
        worst.check = "disk";
    }
    return worst;
}

/// What a damaged state leaves behind says so until someone has looked at it and removed it.
Finding check_state(const World& world) {
    auto damaged = world.store.damaged_files();
    std::erase_if(damaged, [](const auto& file) { return !std::filesystem::exists(file); });
    Finding finding;
    finding.check = "state";
    finding.summary = "the state is whole";
    if (!world.state_alarm.empty()) {
        finding.severity = Severity::critical;
        finding.summary = "the state cannot be kept on disk, and is lost when backupwatch ends: " +
                          world.state_alarm;
        return finding;
    }
    if (damaged.empty()) return finding;
    finding.severity = Severity::critical;
    finding.summary = "the state was damaged and begun anew; what it held is kept as " +
                      damaged.front().string() + ": remove that file once you have looked at it";
    return finding;
}

Finding check_clock(World& world) {
    world.clock_watch.look({world.clock.now(), world.clock.uptime()});
    Finding finding;
    finding.check = "clock";
    finding.summary = "the clock runs steadily";
    if (const auto jump = world.clock_watch.jump()) {
        finding.severity = Severity::warning;
        finding.summary = "the clock jumped " + in_words(std::chrono::abs(*jump)) +
                          (*jump > Duration(0) ? " ahead" : " back") +
                          " within the last day: no old dump is removed until it has run steadily "
                          "for a day; check the machine's time synchronisation";
    } else if (world.clock_went_back) {
        finding.severity = Severity::warning;
        finding.summary =
            "work was recorded at times that lie in the future of the clock: it was "
            "wrong then, or is now; check the machine's time synchronisation";
    }
    return finding;
}

}  // namespace

Task<std::vector<Finding>> watch_ourselves(World& world) {
    const Instant now = world.clock.now();
    std::vector<std::filesystem::path> folders{world.settings.state_dir, world.settings.work_dir};
    for (const auto& database : world.databases) {
        for (const auto& set : database.sets) {
            if (!set->settings.directory.empty()) folders.push_back(set->settings.directory);
        }
    }
    const auto before = world.findings().find(FindingKey{our_name, "", "disk"});
    const Severity previous =
        before == world.findings().end() ? Severity::ok : before->second.finding.severity;
    auto check = [folders, previous, now] {
        return check_volumes(our_volumes(folders), previous, now);
    };

    Outcome outcome;
    outcome.database = our_name;
    outcome.at = now;
    outcome.findings.push_back(co_await world.pool.run(std::move(check)));
    outcome.findings.push_back(check_state(world));
    outcome.findings.push_back(check_clock(world));
    for (Finding& finding : outcome.findings) finding.database = our_name;
    auto findings = outcome.findings;
    co_await world.commit(std::move(outcome));
    co_return findings;
}

}  // namespace backupwatch
