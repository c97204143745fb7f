#pragma once
#include "core/check/finding.hpp"
#include "core/time/time.hpp"

#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// A stretch of time to any moment of which a provider restores.
struct PointInTime {
    std::optional<Instant> earliest;
    /// Up to when what was written is archived. Where nothing is written, it stands still.
    std::optional<Instant> latest;
    /// Whether anything that was written waits to be archived; none: nobody can tell.
    std::optional<bool> is_waiting;
    /// The first look that saw something wait, and that `latest` has not passed since: something
    /// always waits for a moment.
    std::optional<Instant> waiting_since;
    bool is_asked_again = false;    ///< nobody could tell just now, and that may be over soon
    std::optional<Instant> began;   ///< the first `earliest` that was ever seen
    std::optional<Duration> keeps;  ///< how far back it reaches, as it was bought
};

/// When a provider takes a backup, every day.
struct DailyDue {
    Duration since_midnight{};  ///< UTC
    Instant since{};            ///< when that was decided: nothing was due then before
    Duration early_at_most{std::chrono::minutes(30)};  ///< and is the one that is due then
    bool is_only_usual = false;                        ///< learnt from the last ones, and not told
};

/// What a provider says of a set beside its backups.
struct ProviderReport {
    std::optional<PointInTime> pitr;      ///< none: it is off
    std::optional<Instant> exists_since;  ///< of what is backed up
    std::optional<DailyDue> due;          ///< none: not told
    std::optional<Duration> keeps;        ///< each backup, by the plan
    std::string plan_without;             ///< a plan that has no backups; empty: this one has
    bool is_plan_told = true;     ///< now or ever: without it an empty list may be the plan's
    bool is_without = false;      ///< as somebody accepted: none is owed, as on such a plan
    std::vector<Remark> remarks;  ///< on all else that matters to backups
};

}  // namespace backupwatch
