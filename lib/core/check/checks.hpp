#pragma once
#include "core/backup/backup.hpp"
#include "core/backup/hook.hpp"
#include "core/backup/shape.hpp"
#include "core/check/finding.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// How reading a source went, lately.
struct SourceHealth {
    std::string error;                     ///< of the last look; empty: it was read
    std::string cause{};                   ///< Cause::name of that error, or empty
    int tries = 0;                         ///< failed looks in a row
    std::optional<Instant> failing_since;  ///< first of them
    std::optional<Instant> last_try;       ///< newest of them that counted
};

/// A look at the source failed. One that follows the last within half a `poll` (a retry, a look by
/// hand) is no further try.
void count_failed_look(SourceHealth& health, const std::string& error, Duration poll, Instant now);
/// What a finding of the check `source`, kept over a restart, says of the source's health.
SourceHealth health_of(const Finding& source);

/// What the last drill of a set said.
struct DrillOutcome {
    enum class Result { passed, failed, unknown };
    std::string backup_id;
    Result result = Result::unknown;
    Instant finished_at;
    double seconds = 0;  ///< fetch, start and restore: what is held against the target
    std::string error;   ///< first sentence of what went wrong
    /// instant_of() the backup; none: recorded by a version that did not keep it.
    std::optional<Instant> backup_at{};
};

struct DrillPolicy {
    Duration target{std::chrono::minutes(5)};
    Duration max_age{std::chrono::hours(26)};
};

/// Whether backups to any moment are asked for.
enum class PitrMode { off, optional, required };

/// What is asked of a provider that keeps the backups.
struct ProviderPolicy {
    PitrMode pitr = PitrMode::optional;
    Duration max_pitr_lag{std::chrono::minutes(15)};
};

struct SetPolicy {
    BackupPolicy backup;
    std::optional<DrillPolicy> drill;  ///< none: this set is not drilled
    std::optional<Duration>
        hook_limit{};  ///< of the program of `after_backup`; none: there is none
    std::optional<ProviderPolicy> provider{};  ///< none: nobody keeps the backups for us
};

/// All that the checks of one set look at.
struct SetObservation {
    std::optional<Inventory> inventory;  ///< none: the source could not be read
    SourceHealth source;
    Instant watched_since;         ///< first sight of the set; one in the future of now, from a
                                   ///< clock that was wrong, must be corrected to now and kept so
    std::vector<Backup> vanished;  ///< completed ones seen before, younger than reach_back, not
                                   ///< expired by us, gone now
    std::vector<Backup> damaged;   ///< the same, but listed as failed now; see damaged_since()
    std::optional<DrillOutcome> last_drill;  ///< that is judged, see core/backup/judged_drill.hpp
    std::optional<Instant> last_passed_drill;
    int drills_not_passed = 0;  ///< in a row, up to the last; those by hand left out
    bool history_lost = false;  ///< what drills proved was in a state that was damaged or is
                                ///< out of reach
    std::optional<ShapeJudgement> shape;  ///< none: what the dumps hold is not known
    std::string shape_error;              ///< why that of the newest could not be read, or empty
    std::vector<HookRun> hook_runs{};     ///< by their backups, oldest first
    /// Another set of the same database whose backups can be fetched; empty: there is none.
    std::string beside{};
    /// The clock jumped then, or was never set: what is dated before has no age that can be told.
    std::optional<Instant> clock_doubted_before;
};

/// The checks `backup`, `retention`, `size`, `shape`, `restore` (where there is a drill),
/// `after_backup` (where there is such a program), `pitr` and `project` (where a provider keeps the
/// backups) and `source` of one set: one finding each, ok
/// ones included; silent ones (DESIGN 2.2 "cannot tell") are left out. database and set are left
/// for the caller to fill.
std::vector<Finding> check_set(
    const SetPolicy& policy, const SetObservation& observed, Instant now
);

struct DiskPolicy {
    double warning = 0.80;
    double critical = 0.90;
    Duration forecast{std::chrono::hours(24 * 7)};
};

struct DiskSample {
    Instant at;
    std::uint64_t used = 0;
    std::uint64_t capacity = 0;
};

/// When `used` reaches capacity, by the least-squares line through the samples (at least 6 over at
/// least an hour); none: not growing, or too little is known.
std::optional<Instant> predict_full(const std::vector<DiskSample>& samples);

/// How full a disk is, and what else is said of it by whoever measured it.
struct DiskWord {
    DiskSample sample;
    std::vector<Remark> remarks;
    bool is_from_before = false;  ///< nothing was told now
};

/// The check `disk`. `samples` oldest first, the newest is now's; empty: could not be read
/// (`error`). Thresholds with a hysteresis of 2 points below the one that the fill had reached in
/// the samples before: a forecast, or not having known for a while, changes nothing about it.
Finding check_disk(
    const DiskPolicy& policy,
    const std::vector<DiskSample>& samples,
    const std::string& error,
    Instant now
);

/// Whether a disk that nobody tells, for that cause, is only being tried again: the set whose
/// source would tell it has its tries first, so that one cause is told once, and by that set.
/// `source`: what is found of it now, or null. Not for ever: looks at that set may all be well.
bool waits_for_source(
    const std::string& cause, const Finding* source, Instant blind_since, Duration poll, Instant now
);

}  // namespace backupwatch
