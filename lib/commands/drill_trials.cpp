#include "commands/drill_trials.hpp"

#include "core/backup/debian_package.hpp"
#include "core/size.hpp"
#include "core/words.hpp"
#include "drill/room.hpp"

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

Trial judge_extensions(Trial trial, const Manifest& restored, const HostFacts& host, int major) {
    const auto known = host.extensions.find(major);
    const std::string server = "PostgreSQL " + std::to_string(major);
    if (known == host.extensions.end()) {
        trial.verdict = Verdict::unknown;
        trial.sentence = "the folder of the extensions of " + server + " was not found here";
        return trial;
    }
    std::vector<std::string> missing;
    for (const ExtensionVersion& extension : restored.extensions) {
        if (!known->second.contains(extension.name)) missing.push_back(extension.name);
    }
    if (missing.empty()) {
        trial.sentence = counted(restored.extensions.size(), "extension") + " installed";
        return trial;
    }
    const std::string package = extension_package(missing.front(), major);
    trial.verdict = Verdict::problem;
    trial.sentence = listed(missing) + (missing.size() == 1 ? " is" : " are") +
                     " not installed for " + server + " here";
    trial.hint = "Install the package " + package + ", or what `apt-cache search postgresql-" +
                 std::to_string(major) + "-` offers for it.";
    return trial;
}

/// A drill restores with another locale instead and says so: advice.
Trial judge_locale(Trial trial, const Manifest& restored, const HostFacts& host) {
    for (const std::string& name : {restored.collate, restored.ctype}) {
        if (!host.missing_locales.contains(name)) continue;
        trial.verdict = Verdict::advice;
        trial.sentence = "the locale " + name +
                         " is not installed here: a drill restores with "
                         "C.UTF-8 instead, and texts sort otherwise";
        trial.hint = "Install the package locales-all, or generate " + name + " with locale-gen.";
        return trial;
    }
    trial.sentence = restored.collate + " installed";
    return trial;
}

Trial judge_space(Trial trial, const Manifest& restored, const FolderFacts& work_dir) {
    const std::uint64_t need = disk_need(restored);
    trial.sentence = "a drill needs about " + size_in_words(need) + " in " +
                     work_dir.path.string() + ", where " + size_in_words(work_dir.free) +
                     " are free";
    if (work_dir.free >= need) return trial;
    trial.verdict = Verdict::problem;
    trial.hint = "Free some space, or point work_dir to a bigger volume.";
    return trial;
}

/// What the dump is made with, which the drill's pg_restore must be able to read.
int dump_major(const Manifest& restored, const HostFacts& host) {
    const int server = restored.server_version / 10000;
    if (restored.dump_version > 0) return std::max(server, restored.dump_version / 10000);
    try {
        return choose(host.installed, server, Need::client).major;
    } catch (const Failure&) {
        return server;  // said where dumps are judged
    }
}

}  // namespace

void judge_drill(
    const DatabaseFacts& database,
    const SetFacts& set,
    const HostFacts& host,
    std::vector<Trial>& trials
) {
    const auto about = [&](const char* what) { return Trial{database.name, set.name, what}; };
    const auto& restored = database.current ? database.current : set.newest;
    if (!restored) {
        const bool said = database.login || database.reading || set.listing;
        if (said) return;
        Trial trial = about("drill programs");
        trial.verdict = Verdict::unknown;
        trial.sentence = "no complete backup is there yet to say which PostgreSQL a drill needs";
        trials.push_back(std::move(trial));
        return;
    }
    Trial programs = about("drill programs");
    int major = 0;
    try {
        const Installation& server =
            choose(host.installed, dump_major(*restored, host), Need::server);
        major = server.major;
        programs.sentence = "PostgreSQL " + std::to_string(major) + " in " + server.bin.string();
    } catch (const Failure& failure) {
        programs.verdict = Verdict::problem;
        programs.sentence = failure.what();
        programs.hint = failure.hint();
    }
    trials.push_back(std::move(programs));
    if (major > 0) {
        trials.push_back(judge_extensions(about("extensions"), *restored, host, major));
    }
    trials.push_back(judge_locale(about("locale"), *restored, host));
    trials.push_back(judge_space(about("drill space"), *restored, host.work_dir));
}

void judge_sandbox(const HostFacts& host, std::vector<Trial>& trials) {
    for (const std::string& gap : host.sandbox_gaps) {
        Trial trial{"", "", "sandbox"};
        trial.verdict = Verdict::advice;
        trial.sentence = gap;
        trial.hint =
            "Drill only dumps of people whom you trust, or give the machine a newer kernel.";
        trials.push_back(std::move(trial));
    }
}

Trial judge_work_dir(Trial trial, const HostFacts& host) {
    if (trial.verdict != Verdict::ok || !host.closed_folder) return trial;
    trial.verdict = Verdict::problem;
    trial.sentence = "the user that a drill's server runs as may not pass through " +
                     host.closed_folder->string() + ", on the way to " +
                     host.work_dir.path.string();
    trial.hint = "chmod o+x " + host.closed_folder->string() + ", or point work_dir elsewhere.";
    return trial;
}

}  // namespace backupwatch
