#include "commands/online_trials.hpp"

#include "commands/drill_trials.hpp"
#include "commands/notifier_trials.hpp"
#include "commands/target_trials.hpp"
#include "core/backup/undumped_queues.hpp"
#include "core/size.hpp"
#include "core/text.hpp"
#include "core/words.hpp"
#include "sources/dump/taking.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace backupwatch {
namespace {

constexpr int oldest_server = 120000;

bool is_taken(const DatabaseFacts& database) {
    return std::ranges::any_of(database.sets, &SetFacts::takes);
}

bool is_drilled(const DatabaseFacts& database) {
    return std::ranges::any_of(database.sets, &SetFacts::drilled);
}

/// A host that cannot be reached now may be well in the night; whoever said no will say it again.
Verdict verdict_of(const Failure& failure) {
    const bool passes =
        failure.kind() == Failure::Kind::unreachable || failure.kind() == Failure::Kind::timeout;
    return passes ? Verdict::unknown : Verdict::problem;
}

Trial judge_folder(Trial trial, const FolderFacts& folder) {
    const std::string path = folder.path.string();
    if (!folder.obstacle.empty()) {
        const std::string verb = folder.exists ? "written" : "made";
        trial.verdict = Verdict::problem;
        trial.sentence = path + " cannot be " + verb + " (" + folder.obstacle + ")";
        trial.hint = "Give it to the user that runs this: install -d -o USER -m 700 " + path + ".";
        return trial;
    }
    trial.sentence = path + (folder.exists ? " can be written" : " will be made");
    return trial;
}

/// A set without `take`: someone else fills its folder, and we make none.
Trial judge_watched_folder(const DatabaseFacts& database, const SetFacts& set) {
    Trial trial{database.name, set.name, "dumps folder"};
    const std::string path = set.directory->path.string();
    if (!set.directory->exists) {
        trial.verdict = Verdict::problem;
        trial.sentence = path + " does not exist, and nothing of it can be watched";
        trial.hint = "Correct `directory`, or make the folder that the dumps are copied to.";
        return trial;
    }
    if (set.listing) return failed(std::move(trial), *set.listing);
    trial.sentence = path + " can be read";
    return trial;
}

std::string version_text(int version) {
    return std::to_string(version / 10000) + "." + std::to_string(version % 10000);
}

/// What stands between us and the server, by what two sessions can do together.
Trial judge_snapshot(const DatabaseFacts& database) {
    Trial trial{database.name, "", "snapshot", Verdict::ok, "two sessions share a snapshot"};
    const bool custom = database.on_pooler_port;
    const std::string pooler =
        custom ? "the transaction pooler on port 6543" : "a pooler in transaction mode";
    const std::string direct =
        custom ? "Use port 5432, of the pooler's session mode or of the server itself, in the url."
               : "Use the server's own address, or the pooler's session mode, in the url.";
    if (database.snapshot) {
        trial = failed(std::move(trial), *database.snapshot);
        trial.sentence = "two sessions cannot share a snapshot" +
                         (custom ? " through " + pooler : "") + ": " + trial.sentence;
        if (trial.verdict == Verdict::problem) trial.hint = direct;
    } else if (!database.keeps_settings) {
        trial.verdict = Verdict::problem;
        trial.sentence = pooler + " stands between: sessions do not keep their settings";
        trial.hint = direct;
    } else if (custom) {
        trial.verdict = Verdict::advice;
        trial.sentence += ", but port 6543 is by custom a transaction pooler's";
        trial.hint = direct;
    }
    return trial;
}

Trial judge_rights(const DatabaseFacts& database, const SetFacts& set) {
    Trial trial{database.name, set.name, "rights"};
    if (set.rights_untold) return failed(std::move(trial), *set.rights_untold);
    const Rights& rights = *set.rights;
    const int version = database.current->server_version;
    if (!rights.sees_everything()) return failed(std::move(trial), hidden_rows(rights, version));
    trial.sentence = "the role " + rights.role + " sees every row";
    if (set.not_dumped.empty()) return trial;
    std::vector<std::string> names;
    for (const HiddenRelation& relation : set.not_dumped) names.push_back(relation.quoted());
    trial.verdict = Verdict::advice;
    trial.sentence += " but those of " + listed(names) + ", which its dumps leave out";
    trial.hint = hidden_rows({rights.role, set.not_dumped}, version).hint();
    return trial;
}

/// Also of one that is empty now: its messages would be missing from the next night on.
Trial judge_queues(const DatabaseFacts& database) {
    const auto& queues = database.current->undumped_queues;
    std::vector<std::string> names;
    Trial trial{database.name, "", "queues", Verdict::problem};
    for (const UndumpedQueue& queue : queues) {
        names.push_back(queue.name);
        trial.hint += (trial.hint.empty() ? "" : " ") + clean_line(detachment_of(queue));
    }
    trial.sentence = "no dump holds the messages of the " +
                     std::string(names.size() == 1 ? "queue " : "queues ") +
                     clean_line(listed(names)) +
                     ": what belongs to the extension pgmq, pg_dump leaves out";
    return trial;
}

Trial judge_dump_programs(const DatabaseFacts& database, const HostFacts& host) {
    Trial trial{database.name, "", "dump programs"};
    try {
        const int major = database.current->server_version / 10000;
        const Installation& client = choose(host.installed, major, Need::client);
        trial.sentence =
            "PostgreSQL " + std::to_string(client.major) + " in " + client.bin.string();
    } catch (const Failure& failure) {
        return failed(std::move(trial), failure);
    }
    return trial;
}

Trial judge_dump_space(const DatabaseFacts& database, const SetFacts& set) {
    std::optional<PreviousDump> previous;
    if (set.newest) previous = PreviousDump{set.newest_size, set.newest->database_size};
    const std::uint64_t need = estimated_size(database.current->database_size, previous);
    const FolderFacts& folder = *set.directory;
    Trial trial{database.name, set.name, "dump space"};
    trial.sentence = "a dump needs about " + size_in_words(need) + " in " + folder.path.string() +
                     ", where " + size_in_words(folder.free) + " are free";
    if (folder.free >= need) return trial;
    trial.verdict = Verdict::problem;
    trial.hint = "Free some space there, or lower `keep`.";
    return trial;
}

void judge_server(
    const DatabaseFacts& database, const HostFacts& host, std::vector<Trial>& trials
) {
    if (!database.has_url) return;
    Trial login{database.name, "", "log-in", Verdict::ok, "logged in"};
    if (database.login) {
        trials.push_back(failed(std::move(login), *database.login));
        return;
    }
    trials.push_back(std::move(login));
    if (database.current) {
        Trial server{database.name, "", "server"};
        server.sentence = "PostgreSQL " + version_text(database.current->server_version) +
                          ", a database of " + size_in_words(database.current->database_size);
        if (database.current->server_version < oldest_server) {
            server.verdict = Verdict::problem;
            server.sentence += ", which is older than can be read";
            server.hint = "Upgrade it to PostgreSQL 12 or newer.";
        }
        trials.push_back(std::move(server));
    }
    if (database.reading) {
        trials.push_back(failed({database.name, "", "server"}, *database.reading));
    }
    if (database.tried_snapshot) trials.push_back(judge_snapshot(database));
    if (database.current && is_taken(database)) {
        trials.push_back(judge_dump_programs(database, host));
        if (!database.current->undumped_queues.empty()) trials.push_back(judge_queues(database));
    }
}

/// What the provider lets us read. What is no must makes the watch poorer, and nothing fails for
/// it.
Trial judge_access(const DatabaseFacts& database, const SetFacts& set, const Access& access) {
    Trial trial{database.name, set.name, access.what, Verdict::ok, "may read " + access.purpose};
    if (!access.failure) return trial;
    trial = failed(std::move(trial), *access.failure);
    const bool is_advice = !access.is_must && trial.verdict == Verdict::problem;
    if (is_advice) trial.verdict = Verdict::advice;
    if (!access.is_must && !access.purpose.empty())
        trial.sentence += "; without it nobody knows " + access.purpose;
    return trial;
}

void judge_set(const DatabaseFacts& database, const SetFacts& set, std::vector<Trial>& trials) {
    if (set.rights || set.rights_untold) trials.push_back(judge_rights(database, set));
    if (set.takes && set.directory) {
        trials.push_back(judge_folder({database.name, set.name, "dumps folder"}, *set.directory));
        if (database.current) trials.push_back(judge_dump_space(database, set));
    }
    if (!set.hook.empty() || set.hook_missing) {
        Trial hook{database.name, set.name, "after_backup", Verdict::ok, "runs " + set.hook};
        if (set.hook_missing) hook = failed(std::move(hook), *set.hook_missing);
        trials.push_back(std::move(hook));
    }
    for (const Access& access : set.accesses) {
        trials.push_back(judge_access(database, set, access));
    }
    if (!set.takes && set.directory) {
        trials.push_back(judge_watched_folder(database, set));
    } else if (set.listing) {
        trials.push_back(failed({database.name, set.name, "backups"}, *set.listing));
    }
}

void judge_disk(const DatabaseFacts& database, std::vector<Trial>& trials) {
    const DiskFacts& disk = *database.disk;
    Trial trial{database.name, "", "disk"};
    if (disk.failure) {
        trial = failed(std::move(trial), *disk.failure);
        if (disk.failure->kind() == Failure::Kind::denied && !disk.is_told) {
            trial.hint = "GRANT pg_read_all_stats to the role of the url.";
        }
    } else if (disk.used) {
        trial.sentence = size_in_words(*disk.used) + " used, of " + disk.what;
    } else {
        trial.verdict = Verdict::unknown;
        trial.sentence = disk.what + ": nobody could log in to ask";
    }
    trials.push_back(std::move(trial));
}

/// What lies at a provider, and in no set.
void judge_siblings(const OnlineFacts& facts, std::vector<Trial>& trials) {
    std::set<std::string> unwatched;
    std::set<std::string> watched;
    for (const DatabaseFacts& database : facts.databases) {
        for (const SetFacts& set : database.sets) {
            watched.insert(set.siblings.own);
            unwatched.insert(set.siblings.all.begin(), set.siblings.all.end());
        }
    }
    for (const std::string& name : watched) unwatched.erase(name);
    if (unwatched.empty()) return;
    constexpr std::size_t most = 20;
    Trial trial{"", "", "projects", Verdict::advice};
    const std::vector<std::string> names(unwatched.begin(), unwatched.end());
    trial.sentence =
        counted(names.size(), "project") + " that nobody watches: " + listed(names, most);
    trials.push_back(std::move(trial));
}

}  // namespace

Trial failed(Trial trial, const Failure& failure) {
    trial.verdict = verdict_of(failure);
    trial.sentence = failure.what();
    trial.hint = failure.hint();
    return trial;
}

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::ok:
            return "ok";
        case Verdict::advice:
            return "advice";
        case Verdict::unknown:
            return "unknown";
        case Verdict::problem:
            return "problem";
    }
    return "unknown";
}

std::vector<Trial> judge_online(const OnlineFacts& facts) {
    std::vector<Trial> trials;
    trials.push_back(judge_folder({"", "", "state_dir"}, facts.host.state_dir));
    if (std::ranges::any_of(facts.databases, is_drilled)) {
        Trial work_dir = judge_folder({"", "", "work_dir"}, facts.host.work_dir);
        trials.push_back(judge_work_dir(std::move(work_dir), facts.host));
        judge_sandbox(facts.host, trials);
    }
    for (const DatabaseFacts& database : facts.databases) {
        judge_server(database, facts.host, trials);
        for (const SetFacts& set : database.sets) {
            judge_set(database, set, trials);
            if (set.drilled) judge_drill(database, set, facts.host, trials);
        }
        if (database.disk) judge_disk(database, trials);
    }
    judge_siblings(facts, trials);
    for (const TargetLook& target : facts.targets) {
        trials.push_back(judge_target(target, facts.databases));
    }
    for (const NotifierFacts& notifier : facts.notifiers) {
        trials.push_back(judge_notifier(notifier, facts.now));
    }
    return trials;
}

int exit_code(const std::vector<Trial>& trials) {
    Verdict worst = Verdict::ok;
    for (const Trial& trial : trials) worst = std::max(worst, trial.verdict);
    if (worst == Verdict::problem) return 2;
    return worst == Verdict::unknown ? 3 : 0;
}

}  // namespace backupwatch
