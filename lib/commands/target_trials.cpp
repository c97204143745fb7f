#include "commands/target_trials.hpp"

#include "async/clock.hpp"
#include "async/semaphore.hpp"
#include "async/together.hpp"
#include "core/text.hpp"
#include "core/words.hpp"
#include "drill/target.hpp"

#include <utility>

namespace backupwatch {
namespace {

constexpr int versions_of_a_major = 10000;

/// For whatever backup: what is asked of its own server and encoding is judged by itself.
Task<> look_at_target(
    Semaphore& turns,
    const RestoreTarget& target,
    const Settings& settings,
    Clock& clock,
    TargetLook& look
) {
    const auto turn = co_await turns.acquire();
    look.name = target.name;
    try {
        TargetServer server(target.url);
        TargetDatabase database(server, clock);
        std::vector<TargetDatabase::Watched> watched;
        for (const DatabaseSettings& one : settings.databases) {
            if (!one.url.empty()) watched.push_back({one.name, one.url});
        }
        const Manifest of_any;
        std::string no_backup;
        look.facts = co_await database.look(of_any, std::move(no_backup), std::move(watched));
    } catch (const Failure& failure) {
        look.failure = failure;
    }
}

/// Of the server that its backups come from, as far as that is known; 0: it is not.
int major_of(const DatabaseFacts& database) {
    int version = database.current ? database.current->server_version : 0;
    for (const SetFacts& set : database.sets) {
        if (version == 0 && set.newest) version = set.newest->server_version;
    }
    return version / versions_of_a_major;
}

std::vector<std::string> newer_than(int major, const std::vector<DatabaseFacts>& databases) {
    std::vector<std::string> newer;
    for (const DatabaseFacts& database : databases) {
        if (major_of(database) <= major) continue;
        newer.push_back(database.name + " (" + std::to_string(major_of(database)) + ")");
    }
    return newer;
}

}  // namespace

Task<std::vector<TargetLook>> gather_targets(const Settings& settings, Clock& clock) {
    std::vector<TargetLook> looks(settings.restore_targets.size());
    Semaphore turns(settings.concurrency.checks);
    std::vector<Task<>> tasks;
    for (std::size_t i = 0; i < looks.size(); ++i) {
        tasks.push_back(
            look_at_target(turns, settings.restore_targets[i], settings, clock, looks[i])
        );
    }
    co_await together(std::move(tasks));
    co_return looks;
}

Trial judge_target(const TargetLook& target, const std::vector<DatabaseFacts>& databases) {
    Trial trial{"", "", "restore"};
    trial.target = target.name;
    if (target.failure) return failed(std::move(trial), *target.failure);
    const TargetFacts& facts = target.facts;
    const TargetDecision decision = decide_target(facts);
    trial.sentence = decision.sentence;
    trial.hint = decision.hint;
    if (decision.step == TargetDecision::Step::refuse) {
        // A restore that is under way is what it is for.
        trial.verdict = facts.is_under_way ? Verdict::advice : Verdict::problem;
        return trial;
    }
    const int major = facts.server_version / versions_of_a_major;
    trial.sentence += "; PostgreSQL " + std::to_string(major);
    const std::vector<std::string> newer = newer_than(major, databases);
    if (!newer.empty()) {
        trial.verdict = Verdict::problem;
        trial.sentence += ", which is older than that of " + listed(newer);
        trial.hint = "Name a server in `restore_targets` that is at least as new.";
    } else if (decision.step == TargetDecision::Step::begin_anew) {
        trial.verdict = Verdict::advice;
        trial.hint = "`restore` begins anew there; or drop what is left.";
    } else if (!facts.is_superuser && !TargetDecision::is_of_project(decision.step)) {
        // Which roles a backup needs is known when it is restored.
        trial.verdict = Verdict::advice;
        trial.sentence += "; " + clean_line(facts.role) + " is no superuser" +
                          (facts.may_create_roles ? "" : " and may make no roles");
        trial.hint =
            "A restore is refused where it may not give things to their owners, or where roles are "
            "missing that it may not make; some extensions only a superuser makes.";
    }
    return trial;
}

}  // namespace backupwatch
