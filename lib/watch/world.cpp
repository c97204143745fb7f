#include "watch/world.hpp"

#include "async/acquire_within.hpp"
#include "async/as_failure.hpp"
#include "async/semaphore.hpp"
#include "async/together.hpp"
#include "core/failure.hpp"
#include "core/quoted_line.hpp"
#include "sources/registry.hpp"
#include "watch/volume.hpp"
#include "watch/world_memory.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace backupwatch {
namespace {

std::string known_targets(const std::vector<WatchedDatabase>& databases) {
    std::string list;
    const auto add = [&list](const std::string& target) {
        list += (list.empty() ? "" : ", ") + target;
    };
    for (const WatchedDatabase& database : databases) {
        for (const auto& set : database.sets) add(target_of(*set));
        if (database.sets.empty()) add(database.name);
    }
    return list;
}

std::string targets_of(const std::vector<WatchedSet*>& sets) {
    std::string list;
    for (const WatchedSet* set : sets) list += (list.empty() ? "" : ", ") + target_of(*set);
    return list;
}

bool matches(const WatchedSet& set, const std::string& target) {
    return target == set.database || target == target_of(set);
}

}  // namespace

World::World(
    Settings configured,
    Clock& civil,
    Store& kept,
    Pool& threads,
    HttpClient& network,
    const World* before
)
    : memory_(
          before != nullptr ? before->memory_ : std::make_shared<Memory>(configured.concurrency)
      ),
      settings(std::move(configured)),
      clock(civil),
      store(kept),
      pool(threads),
      web(network),
      driller(settings.work_dir, civil, threads),
      dumps(memory_->dumps),
      drills(memory_->drills),
      checks(memory_->checks),
      hooks(memory_->hooks),
      opened(memory_->opened),
      clock_watch(memory_->clock_watch),
      clock_went_back(memory_->clock_went_back),
      state_alarm(memory_->state_alarm),
      store_error(memory_->store_error),
      volume_samples(memory_->volume_samples),
      last_look_at_ourselves(memory_->last_look_at_ourselves),
      hanging_calls(memory_->hanging_calls),
      alerting(memory_->alerting) {
    for (const DatabaseSettings& described : settings.databases) {
        WatchedDatabase& database = databases.emplace_back();
        database.name = described.name;
        database.url = described.url;
        database.disk = described.disk;
        for (const BackupSetSettings& set_settings : described.backups) {
            const auto found = memory_->sets.find({described.name, set_settings.name});
            auto memory =
                found == memory_->sets.end() ? std::make_shared<SetMemory>() : found->second;
            if (!memory->last_seen) memory->last_seen = moment_of(clock);
            auto set = std::make_unique<WatchedSet>(std::move(memory));
            set->database = described.name;
            set->settings = set_settings;
            const SourcePlace place{
                described.name,
                described.url,
                clock,
                pool,
                hanging_calls,
                HttpReader(network),
                memory_->source_commons,
                &store};
            set->source = find_source_kind(set_settings.source)->make(set->settings, place);
            database.sets.push_back(std::move(set));
        }
    }
    if (before != nullptr) {
        for (WatchedDatabase& database : databases) {
            for (const WatchedDatabase& former : before->databases) {
                if (former.name != database.name) continue;
                database.samples = former.samples;
                database.last_poll = former.last_poll;
                database.disk_blind_since = former.disk_blind_since;
                database.question = former.question;
            }
        }
    }
}

void World::take_place() {
    std::map<SetKey, std::shared_ptr<SetMemory>> sets;
    std::set<std::string> disks;
    for (const WatchedDatabase& database : databases) {
        if (database.disk) disks.insert(database.name);
        for (const auto& set : database.sets) {
            sets.emplace(SetKey{set->database, set->settings.name}, set->memory);
        }
    }
    std::set<SetKey> former = memory_->former_sets;
    for (const auto& [key, memory] : memory_->sets) former.insert(key);
    for (const auto& [key, memory] : sets) former.erase(key);

    // From here on nothing is made, and so nothing fails.
    memory_->sets.swap(sets);
    memory_->disks.swap(disks);
    memory_->former_sets.swap(former);
    forget_unwatched();
    memory_->newest = this;
    dumps.set_limit(settings.concurrency.dumps);
    drills.set_limit(settings.concurrency.drills);
    checks.set_limit(settings.concurrency.checks);
}

/// What is no longer in the configuration is no longer anybody's finding.
void World::forget_unwatched() {
    const auto is_unwatched = [this](const Finding& finding) {
        return !memory_->watches(finding.database, finding.set);
    };
    memory_->findings.erase_if([&](const Finding& finding) {
        return finding.database != our_name && is_unwatched(finding);
    });
    // Last: whether a shared cause is watched depends on the others.
    memory_->findings.erase_of_database(our_name, is_unwatched);
}

bool World::is_replaced() const {
    return memory_->newest != this;
}

SetPolicy policy_of(const BackupSetSettings& settings) {
    SetPolicy policy;
    policy.backup = BackupPolicy{settings.every, settings.grace, settings.reach_back};
    if (settings.drill) policy.drill = settings.drill->policy;
    if (settings.hook) policy.hook_limit = settings.hook_limit;
    policy.provider = settings.provider;
    return policy;
}

std::string target_of(const WatchedSet& set) {
    return set.database + "/" + set.settings.name;
}

std::vector<std::string> running_now(const WatchedSet& set) {
    std::vector<std::string> works;
    if (set.memory->is_restoring) works.emplace_back("restore");
    // A restore has the turn itself where it was free.
    if (!set.running.empty() && set.running != "restore") works.push_back(set.running);
    return works;
}

std::vector<WatchedSet*> World::find_sets(const std::vector<std::string>& targets) {
    std::vector<WatchedSet*> found;
    const auto add_matching = [&](const std::string* target) {
        bool is_known = false;
        for (const WatchedDatabase& database : databases) {
            if (target != nullptr && *target == database.name) is_known = true;
            for (const auto& set : database.sets) {
                if (target != nullptr && !matches(*set, *target)) continue;
                found.push_back(set.get());
                is_known = true;
            }
        }
        return is_known;
    };
    if (targets.empty()) add_matching(nullptr);
    for (const std::string& target : targets) {
        if (add_matching(&target)) continue;
        throw Failure(
            Failure::Kind::usage,
            "nothing is watched under the name \"" + target + "\"",
            "there is " + known_targets(databases) + "."
        );
    }
    return found;
}

WatchedSet& World::find_set(const std::string& target, const Fits& fits) {
    auto found = find_sets({target});
    if (found.empty()) {
        throw Failure(
            Failure::Kind::usage,
            target + " has no backup set",
            "its configuration lists none in `backups`."
        );
    }
    if (found.size() > 1 && fits) {
        std::vector<WatchedSet*> fitting;
        std::copy_if(found.begin(), found.end(), std::back_inserter(fitting), [&](auto* set) {
            return fits(*set);
        });
        if (!fitting.empty()) found = std::move(fitting);
    }
    if (found.size() == 1) return *found.front();
    throw Failure(
        Failure::Kind::usage, target + " has several sets", "name one of " + targets_of(found) + "."
    );
}

WatchedSet* World::watched(const std::string& name, const std::string& set_name) {
    for (WatchedDatabase& database : databases) {
        if (database.name != name) continue;
        for (const auto& set : database.sets) {
            if (set->settings.name == set_name) return set.get();
        }
    }
    return nullptr;
}

Task<> World::recall() {
    const Instant now = clock.now();
    std::optional<std::vector<RecordedFinding>> recorded;
    std::string error;
    try {
        co_await recall_alerts();
        recorded = co_await store.findings();
        // What is here is newer than what was kept, and may be more: the store may have refused it.
        std::erase_if(*recorded, [this](const RecordedFinding& entry) {
            const WatchedSet* set = watched(entry.finding.database, entry.finding.set);
            return set != nullptr && set->memory->is_recalled;
        });
        for (WatchedDatabase& database : databases) {
            if (database.disk && database.samples.empty()) {
                database.samples = co_await store.disk_samples(database.name, now - sample_window);
            }
            for (const auto& set : database.sets) co_await recall_drills(*set);
        }
    } catch (const Failure& failure) {
        error = failure.what();
    }
    take_place();
    if (recorded) recall_findings(*std::move(recorded));
    if (!error.empty()) note_store(error);
}

std::string World::unread_incidents() const {
    if (!state_alarm.empty()) return state_alarm;
    if (memory_->are_incidents_recalled) return {};
    return store_error.empty() ? "the state was not read yet" : store_error;
}

void World::recall_findings(std::vector<RecordedFinding> recorded) {
    memory_->are_findings_recalled = true;
    // Ours last: a shared cause is known by those that name it.
    std::stable_partition(recorded.begin(), recorded.end(), [](const RecordedFinding& entry) {
        return entry.finding.database != our_name;
    });
    for (const RecordedFinding& entry : recorded) recall_finding(entry);
}

/// What was looked at since then stays as it is.
Task<> World::try_to_recall_findings() {
    try {
        auto recorded = co_await store.findings();
        recall_findings(std::move(recorded));
    } catch (const Failure& failure) {
        note_store(failure.what());
    }
}

/// While nothing is judged: what is judged in between would be undone by what was read before. At a
/// reload memory knows more than what was kept.
Task<> World::recall_alerts() {
    const auto turn = co_await alerting.turn.acquire();
    const Instant now = clock.now();
    std::optional<std::vector<Incident>> incidents;
    if (!memory_->are_incidents_recalled) incidents = co_await store.incidents(now);
    auto silences = co_await store.silences(now);
    alerting.silences = std::move(silences);
    if (!incidents) co_return;
    alerting.recall(*std::move(incidents));
    memory_->are_incidents_recalled = true;
}

Task<> World::try_to_recall_alerts() {
    try {
        co_await recall_alerts();
    } catch (const Failure& failure) {
        note_store(failure.what());
    }
}

void World::recall_finding(const RecordedFinding& entry) {
    const Finding& finding = entry.finding;
    if (!memory_->watches(finding.database, finding.set)) return;
    const FindingKey key{finding.database, finding.set, finding.check};
    if (entry.is_silent) {
        if (finding.since) memory_->silent_since.emplace(key, *finding.since);
        return;
    }
    if (memory_->findings.find(key) != nullptr) return;
    memory_->findings.put(key, entry);
    WatchedSet* set = watched(finding.database, finding.set);
    if (finding.check == "source" && set != nullptr) set->health = health_of(finding);
    if (finding.check == "clock" && was_synchronised(finding)) {
        memory_->clock_was_synchronised = true;
    }
}

namespace {

/// As many at a time: each has a thread of its own.
constexpr int most_clearings = 32;
/// Clearly longer than one clears: behind as many that hang there is a turn for others. Behind as
/// many again there is none, and they are left to the next start: this one is waited for.
constexpr Duration longest_turn = Source::clearing_limit + std::chrono::seconds(10);

Task<> clear_in_turn(Clock& clock, Semaphore& places, Task<> clearing) {
    const auto place = co_await acquire_within(clock, places, longest_turn);
    if (!place) {
        throw Failure(
            Failure::Kind::timeout,
            "those of " + std::to_string(most_clearings) + " other sets are not over",
            "Look at the mounts."
        );
    }
    co_await std::move(clearing);
}

/// Whatever goes wrong with it is said, and holds up no start: not even that nobody could wait.
Task<> clear_left_behind(Clock& clock, Semaphore& places, Task<> clearing, std::string where) {
    auto work = as_failure(clear_in_turn(clock, places, std::move(clearing)));
    try {
        co_await std::move(work);
    } catch (const Failure& failure) {
        spdlog::warn(
            "cannot remove what was left behind in={} error={}", where, quoted_line(failure.what())
        );
    }
}

}  // namespace

Task<> World::clean_up() {
    Semaphore places(most_clearings);
    std::vector<Task<>> all;
    for (WatchedDatabase& database : databases) {
        for (const auto& set : database.sets) {
            all.push_back(clear_left_behind(clock, places, set->source->clean_up(), target_of(*set))
            );
        }
    }
    co_await together(std::move(all));
    auto last = clear_left_behind(
        clock, places, driller.clean_up(hanging_calls), settings.work_dir.string()
    );
    co_await std::move(last);
}

}  // namespace backupwatch
