#include "watch/world.hpp"

#include "core/failure.hpp"
#include "core/quoted_line.hpp"
#include "sources/registry.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace backupwatch {
namespace {

constexpr Duration sample_window = std::chrono::hours(24 * 7);

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

World::World(Settings configured, Clock& civil, Store& kept, Pool& threads)
    : settings(std::move(configured)),
      clock(civil),
      store(kept),
      pool(threads),
      driller(settings.work_dir, civil, threads),
      dumps(settings.concurrency.dumps),
      drills(settings.concurrency.drills),
      checks(settings.concurrency.checks) {
    for (const DatabaseSettings& described : settings.databases) {
        WatchedDatabase& database = databases.emplace_back();
        database.name = described.name;
        database.url = described.url;
        database.disk = described.disk;
        for (const BackupSetSettings& set_settings : described.backups) {
            auto set = std::make_unique<WatchedSet>();
            set->database = described.name;
            set->settings = set_settings;
            const SourcePlace place{described.name, described.url, clock, pool};
            set->source = find_source_kind(set_settings.source)->make(set->settings, place);
            database.sets.push_back(std::move(set));
        }
    }
}

SetPolicy policy_of(const BackupSetSettings& settings) {
    SetPolicy policy;
    policy.backup = BackupPolicy{settings.every, settings.grace, settings.reach_back};
    if (settings.drill) policy.drill = settings.drill->policy;
    return policy;
}

std::string target_of(const WatchedSet& set) {
    return set.database + "/" + set.settings.name;
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

Severity World::worst() const {
    Severity worst = Severity::ok;
    for (const auto& [key, recorded] : findings_) {
        worst = std::max(worst, recorded.finding.severity);
    }
    return worst;
}

Task<> World::recall() {
    const auto recorded = co_await store.findings();
    for (const RecordedFinding& entry : recorded) {
        const Finding& finding = entry.finding;
        findings_.insert_or_assign(FindingKey{finding.database, finding.set, finding.check}, entry);
    }
    const Instant now = clock.now();
    for (WatchedDatabase& database : databases) {
        if (database.disk) {
            database.samples = co_await store.disk_samples(database.name, now - sample_window);
        }
        for (const auto& set : database.sets) {
            const std::string name = set->settings.name;
            auto newest = co_await store.drills(set->database, name, 1);
            if (!newest.empty()) set->last_drill = std::move(newest.front());
            set->last_passed = co_await store.last_passed_drill(set->database, name);
        }
    }
    // What is no longer in the configuration is no longer anybody's finding.
    std::erase_if(findings_, [this](const auto& entry) {
        const Finding& finding = entry.second.finding;
        return finding.database != "backupwatch" && !watches(finding.database, finding.set);
    });
}

bool World::watches(const std::string& name, const std::string& set_name) const {
    for (const WatchedDatabase& database : databases) {
        if (database.name != name) continue;
        if (set_name.empty()) return database.disk.has_value();
        for (const auto& set : database.sets) {
            if (set->settings.name == set_name) return true;
        }
    }
    return false;
}

Task<> World::clean_up() {
    for (WatchedDatabase& database : databases) {
        for (const auto& set : database.sets) {
            try {
                co_await set->source->clean_up();
            } catch (const Failure& failure) {
                spdlog::warn(
                    "cannot remove what was left behind database={} set={} error={}",
                    set->database,
                    set->settings.name,
                    quoted_line(failure.what())
                );
            }
        }
    }
    co_await driller.clean_up();
}

void World::take_over(Outcome& outcome) {
    for (Finding& finding : outcome.findings) {
        const FindingKey key{finding.database, finding.set, finding.check};
        const auto before = findings_.find(key);
        const Severity severity =
            before == findings_.end() ? Severity::ok : before->second.finding.severity;
        if (finding.severity != Severity::ok) {
            const bool was_failing = severity != Severity::ok;
            finding.since = was_failing ? before->second.finding.since : outcome.at;
        }
        if (severity != finding.severity) {
            spdlog::info(
                "finding database={} set={} check={} severity={} summary={}",
                finding.database,
                finding.set,
                finding.check,
                to_string(finding.severity),
                quoted_line(finding.summary)
            );
        }
        findings_.insert_or_assign(key, RecordedFinding{finding, outcome.at});
    }
    if (outcome.findings.empty()) return;
    // A check that is silent now, for want of anything to judge, holds no opinion from before.
    std::erase_if(findings_, [&](const auto& entry) {
        const Finding& finding = entry.second.finding;
        if (finding.database != outcome.database || finding.set != outcome.set) return false;
        return std::none_of(
            outcome.findings.begin(),
            outcome.findings.end(),
            [&](const Finding& current) { return current.check == finding.check; }
        );
    });
}

Task<> World::commit(Outcome outcome) {
    take_over(outcome);
    try {
        co_await store.commit(std::move(outcome));
        store_error.clear();
    } catch (const Failure& failure) {
        store_error = failure.what();
        throw;
    }
}

}  // namespace backupwatch
