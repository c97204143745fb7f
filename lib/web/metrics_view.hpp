#pragma once
#include "core/backup/backup.hpp"
#include "core/check/finding.hpp"
#include "core/time/time.hpp"
#include "store/store.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

class Exposition;

/// What the gauges show: a view of the state, made when it is asked for. Before the first event a
/// moment is 0, a count is 0, and a measured value (size, duration, drill result, disk) is NaN,
/// because no number would be true; comparisons with NaN never hold, so no rule fires on it. So is
/// a check that has no verdict: it is not ok, and nothing is wrong with it either.
struct MetricsView {
    struct Check {
        std::string database;
        std::string set;
        std::string check;
        std::optional<Severity> severity;  ///< none: no verdict yet, or nothing to judge now
        std::optional<Instant> last_run;
    };
    struct Drill {
        std::optional<Instant> last_success;
        std::optional<double> last_seconds;
        std::optional<bool>
            last_passed;  ///< of the one judged; none: never, or it could not be run
        std::optional<std::uint64_t> verified_rows;
        double target_seconds = 0;  ///< slower is a warning
    };
    struct Pitr {
        std::optional<bool> is_enabled;  ///< none: not looked at yet
        std::optional<Instant> latest;
    };
    struct Set {
        std::string database;
        std::string set;
        std::optional<Instant> last_success;
        std::optional<std::uint64_t> last_size_bytes;
        std::optional<double> last_seconds;
        std::array<std::uint64_t, 4> backups{};  ///< by BackupStatus
        std::optional<Instant> oldest;
        int consecutive_failures = 0;
        std::optional<Drill> drill;  ///< none: the set is not drilled
        std::optional<Pitr> pitr;    ///< none: no provider keeps its backups
    };
    struct Disk {
        std::string database;
        std::optional<std::uint64_t> used;
        std::optional<std::uint64_t> capacity;
        std::optional<Instant> full_predicted;  ///< none: not in sight, shown as +Inf
    };

    struct Notifier {
        std::string name;
        std::size_t pending = 0;
        double oldest_seconds = 0;                 ///< 0: nothing is pending
        std::optional<Instant> certificate_until;  ///< none: its server showed none yet
    };

    struct Heartbeat {
        std::optional<bool> audit_passed;  ///< none: not audited yet
        std::optional<Duration> period;    ///< none: nobody is pinged
        std::optional<Instant> last_success;
        std::uint64_t failures = 0;
    };

    std::vector<Check> checks;
    Heartbeat heartbeat;
    /// Open ones, by Severity; none: nothing is judged, and the checks that fail stand for them.
    std::optional<std::array<std::size_t, 4>> incidents;
    std::vector<Notifier> notifiers;
    std::vector<Set> sets;
    std::vector<Disk> disks;
    std::vector<StreamKey> streams;  ///< whose slots are counted
    bool last_reload_successful = true;
};

/// In seconds since 1970, as Prometheus has it; 0: never.
double moment(const std::optional<Instant>& instant);

/// The gauges of all that the view holds.
void write_view(Exposition& out, const MetricsView& view);

}  // namespace backupwatch
