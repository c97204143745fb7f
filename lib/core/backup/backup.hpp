#pragma once
#include "core/backup/provider.hpp"
#include "core/time/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

enum class BackupStatus { completed, failed, running, unknown };
std::string_view to_string(BackupStatus status);

/// One entry of a set.
struct Backup {
    std::string id;  ///< unique in its set
    BackupStatus status = BackupStatus::unknown;
    Instant started_at;
    std::optional<Instant> finished_at;       ///< of a failed one: when it failed
    std::optional<std::uint64_t> size_bytes;  ///< as it lies there
    std::string label;                        ///< given by a person, or empty
    std::optional<Instant> keep_until;        ///< `backup --keep`
    std::string error;                        ///< why it failed, or what its unknown status was
    std::string cause{};                      ///< Cause::name of that error, or empty
    /// Complete as far as its outside tells, and not read to its end yet: nobody knows whether it
    /// is whole. `error` is how far the reading is.
    bool is_unread = false;
    /// Byte for byte it is one that was there then: a copy of that, or a dump of a database in
    /// which nothing has changed since.
    std::optional<Instant> unchanged_since{};
    /// What is missing from it that a person can mend, in one sentence, or empty.
    std::string lacks{};
};

/// When it was finished, or, where that is not told, when it was begun.
Instant instant_of(const Backup& backup);

/// The same at the worst: of one that may be a copy, when the earlier one was.
Instant surest_instant_of(const Backup& backup);

/// The backups of a set as listed now, oldest first.
struct Inventory {
    std::vector<Backup> backups;
    Instant listed_at;
    std::optional<ProviderReport> provider{};  ///< none: nobody keeps them for us
};

/// What a set promises.
struct BackupPolicy {
    Duration every{std::chrono::hours(24)};
    Duration grace{std::chrono::hours(2)};
    std::optional<Duration> reach_back;
};

/// The newest backup that is complete and not from the future of `now`, or null.
const Backup* newest_completed(const Inventory& inventory, Instant now);

/// The same if all that is to be read yet turns out to be whole: the best that can come of it.
Inventory as_if_read(Inventory inventory);

/// The same if all that may be copies of earlier ones are: the worst that can come of it.
Inventory as_if_copied(Inventory inventory);

/// When its oldest entry was taken, or `otherwise` where that is earlier.
Instant oldest_instant(const Inventory& inventory, Instant otherwise);

/// Of those that were completed when they were seen, the ones listed as failed now: as they were
/// seen, with the error of now.
std::vector<Backup> damaged_since(const std::vector<Backup>& seen, const Inventory& inventory);

/// In how many periods something failed. Failures that lie closer together than half a period are
/// tries of one and the same backup: at most one counts per period.
int failed_periods(std::vector<Instant> failures, Duration every);

/// The whole periods by which a backup is overdue, `age` after the one before it.
int overdue_periods(Duration age, const BackupPolicy& policy);

/// In how many periods entries failed since the newest completed one.
int failed_since_newest(const Inventory& inventory, Duration every, Instant now);

/// Failures in a row, as the contract defines them (DESIGN 2.2): the entries that failed since the
/// newest completed one, at most one per period, or the whole periods by which the newest completed
/// one is overdue, whichever is more. `watched_since` stands in where nothing was ever completed.
/// What is dated in the future of `now`, or of unknown status, counts as neither.
int consecutive_failures(
    const Inventory& inventory, const BackupPolicy& policy, Instant watched_since, Instant now
);

}  // namespace backupwatch
