#pragma once
#include "sources/source_commons.hpp"
#include "watch/known_findings.hpp"
#include "watch/world.hpp"

#include <set>

namespace backupwatch {

constexpr const char* our_name = "backupwatch";
using SetKey = std::pair<std::string, std::string>;  ///< database, set

/// What goes on whatever the configuration says.
struct World::Memory {
    explicit Memory(const Concurrency& limits)
        : dumps(limits.dumps), drills(limits.drills), checks(limits.checks) {}

    Semaphore dumps;
    Semaphore drills;
    Semaphore checks;
    /// Programs of `after_backup`. One that hangs holds up few others until it is ended.
    Semaphore hooks{8};
    Semaphore opened{most_opened};
    const World* newest = nullptr;
    std::map<SetKey, std::shared_ptr<SetMemory>> sets;  ///< of the newest configuration
    /// Of an earlier one, and watched no more: work that began on them may still end.
    std::set<SetKey> former_sets;
    std::set<std::string> disks;
    KnownFindings findings;
    /// Whom each shared cause made fail when it was judged last.
    std::map<std::string, std::vector<std::string>> judged_members;
    bool are_findings_recalled = false;
    /// Of checks that fail unseen while their source cannot be read.
    std::map<FindingKey, Instant> silent_since;
    std::map<std::string, std::vector<DiskSample>> volume_samples;
    std::optional<Instant> last_look_at_ourselves;
    HangingCalls hanging_calls;
    SourceCommons source_commons;
    Alerting alerting;
    bool are_incidents_recalled = false;
    ClockWatch clock_watch;
    bool clock_went_back = false;
    bool clock_was_synchronised = false;
    std::string state_alarm;
    std::string store_error;

    /// Somebody blames it, or it is known that nobody does any more.
    bool watches_cause(const std::string& cause) const {
        if (findings.is_blamed(cause)) return true;
        const RecordedFinding* shared = findings.find({our_name, cause, shared_cause_check});
        return shared != nullptr && shared->finding.severity == Severity::ok;
    }

    bool watches(const std::string& database, const std::string& set) const {
        if (database == our_name) {
            return set.empty() || alerting.has_notifier(set) || watches_cause(set);
        }
        return set.empty() ? disks.contains(database) : sets.contains({database, set});
    }
};

}  // namespace backupwatch
