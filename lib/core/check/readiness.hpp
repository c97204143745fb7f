#pragma once
#include "core/backup/backup.hpp"
#include "core/check/attestation.hpp"
#include "core/check/checks.hpp"
#include "core/check/finding.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// What a database is to reach: shown, never an alert.
struct Targets {
    Duration restore = std::chrono::minutes(5);
    std::optional<std::uint64_t> size{};  ///< of a backup; none: whatever it is
    double disk_free = 0.50;
    double success_rate = 1.0;
};

/// What counts for the success rate.
inline constexpr Duration success_window = std::chrono::hours(24 * 30);

/// What is known of a database's set-up.
struct ReadinessFacts {
    struct Set {
        std::string name;  ///< `shop/nightly`
        BackupPolicy policy;
        std::optional<Inventory> inventory;  ///< none: it could not be read
        std::string error;                   ///< why
        std::vector<Backup> failed;          ///< its entries that failed
        std::vector<Backup> past{};          ///< of success_window, whether it lists them or not
        bool is_drilled = false;
        std::optional<DrillOutcome> last_pass;  ///< newest drill that passed
        Duration longest_since_pass{};          ///< it may be this old
        std::optional<Finding> retention;       ///< of the check; none: it says nothing yet
        std::optional<Finding> pitr;            ///< of the check, where the source knows of it
        Instant pitr_at{};                      ///< when that was found
        /// When what its provider said was kept word for word, the last time.
        std::optional<Instant> evidence_of{};
        std::optional<DrillOutcome>
            failed_since{};  ///< a drill after that pass, of whatever backup
    };
    struct Notifier {
        std::string name;
        /// Each of its receivers, as it is configured now, accepted a test: the oldest of those.
        std::optional<Instant> tested_at;
    };
    std::string database;
    std::vector<Set> sets;
    std::vector<Notifier> notifiers;
    std::vector<Attestation> attestations;
    bool has_runbook = false;  ///< it is configured
    std::optional<Instant> runbook_written_at;
    bool publishes_runbook = false;
    std::optional<Instant> runbook_published_at;  ///< the last time that it went well
    std::string publish_error;                    ///< of the last time; empty: it went well
    std::optional<DiskSample> disk;               ///< as it was measured just now
    std::string disk_error;                       ///< why it could not be
    bool watches_disk = false;
    Targets targets;
};

struct ReadinessItem {
    std::string name;
    Severity severity = Severity::ok;  ///< warning: shown, and nothing fails by it
    std::string evidence;              ///< what is so, with its date
    std::string to_do;                 ///< empty where it is well
};

/// The set-up checklist, each item with its evidence or with what to do.
std::vector<ReadinessItem> check_readiness(const ReadinessFacts& facts, Instant now);

}  // namespace backupwatch
