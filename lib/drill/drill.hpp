#pragma once
#include "async/pool.hpp"
#include "async/task.hpp"
#include "core/progress.hpp"
#include "drill/report.hpp"
#include "drill/settings.hpp"
#include "postgres/drill_fence.hpp"
#include "sources/source.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace backupwatch {

class Clock;
class HangingCalls;

/// What is drilled, and how.
struct DrillJob {
    std::string database;
    std::string set;
    Source* source = nullptr;
    Backup backup;
    DrillSettings settings;
    int jobs = 2;
    std::optional<std::uint64_t> address_space{};  ///< of each process; else what the machine lets
};

/// What is opened for a person, and for how long.
struct OpenJob {
    DrillJob backup;  ///< verified is nothing of it; its `timeout` is that of the restore
    Duration hold{};
    std::optional<uid_t> reader{};  ///< who is let in, besides us and root
};

/// Restores backups into throw-away clusters below `work_dir`, verifies and times them, and removes
/// everything again. Used on the loop; several drills may run at once.
class Driller {
  public:
    /// `gaps`: what each report says of this machine's fences.
    Driller(
        std::filesystem::path work_dir,
        const Clock& clock,
        Pool& pool,
        std::function<std::vector<std::string>()> gaps = sandbox_gaps
    )
        : work_dir_(std::move(work_dir)), clock_(clock), pool_(pool), gaps_(std::move(gaps)) {}

    /// Never throws a Failure: what went wrong is the report's. `failed` means that the backup does
    /// not restore, or not to what was in the database; `unknown` that the drill could not be run.
    /// Goes on with a cancellation once everything is removed.
    Task<DrillReport> run(DrillJob job, ProgressSink progress);

    /// Restores a backup as a drill does, whatever damage that finds, and hands it over; keeps it
    /// until `hold` is over, or a cancellation, and removes everything. Throws Failure where
    /// nothing could be restored, what `hand_over` throws, or what ends it before its time: its
    /// server has gone, or the disk runs full.
    using HandOver = std::function<Task<>(const Sandbox&, const Source::Restored&)>;
    Task<> open(OpenJob job, ProgressSink progress, HandOver hand_over);

    /// Removes what drills of a process that is gone left behind, and ends what still runs of it.
    /// Throws Failure as HangingCalls::run does.
    Task<> clean_up(HangingCalls& calls);

  private:
    std::filesystem::path work_dir_;
    const Clock& clock_;
    Pool& pool_;
    std::function<std::vector<std::string>()> gaps_;
};

}  // namespace backupwatch
