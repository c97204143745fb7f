#pragma once
#include "core/backup/backup.hpp"
#include "core/backup/mark.hpp"
#include "core/check/attestation.hpp"
#include "core/check/checks.hpp"
#include "core/incident/incident.hpp"
#include "core/time/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// A completed backup that was seen, or a take of ours that failed.
struct PastBackup {
    std::string set;
    Backup backup;
    std::optional<Instant> removed_at{};  ///< by our retention
    /// Whether the set still lists it; none: that is not known here.
    std::optional<bool> is_listed{};
};

/// A drill, without its document.
struct PastDrill {
    std::string set;
    DrillOutcome outcome;
    std::uint64_t verified_rows = 0;
    bool by_hand = false;
};

/// Of one kind the newest, oldest first.
template <class Entry>
struct Newest {
    std::vector<Entry> entries;
    std::size_t older = 0;  ///< left out
};

/// What is known of the past of a database: as much of it as pruning (store/pruning.hpp) leaves.
struct Past {
    Newest<PastBackup> backups;
    Newest<PastDrill> drills;
    Newest<Incident> incidents;  ///< open ones, and those that ended since
    Newest<NotedMark> marks;
    std::vector<Attestation> attestations;  ///< the last of each item
};

/// Of each kind at most `limit`, none older than `since`.
struct PastQuestion {
    std::string database;
    Instant since{};
    int limit = 0;
};

}  // namespace backupwatch
