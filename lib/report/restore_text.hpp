#pragma once
#include "core/backup/backup.hpp"
#include "core/check/checks.hpp"
#include "core/failure.hpp"
#include "core/wording/restore_steps.hpp"
#include "drill/report.hpp"
#include "drill/restore.hpp"

#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// What a person needs to know of a restore before it is done, and after.
struct RestoreFacts {
    std::string set;   ///< database/set
    std::string into;  ///< the name in `restore_targets`
    Backup backup;
    std::optional<DrillOutcome> drill;
    RestoreOutlook outlook;
    Instant now;
    std::optional<RunbookSettings> runbook;
    /// Once it is restored: what a person makes by hand.
    std::vector<LeftForLater> for_later{};
    std::vector<std::string> made_roles{};
    std::string not_marked{};  ///< why its database is still marked as unfinished
    /// How the application answers before it is pointed at the new database; once it is restored.
    std::vector<VerifiedCheck> pages;
    std::string kept_in{};  ///< where the report of it lies; empty: nowhere yet

    std::vector<std::string> next_steps() const;
};

/// What would be done, what is lost by it, and how to have it done.
std::string planned_text(const RestoreFacts& facts);

/// What was done, whether it is right, and how it takes the old one's place.
std::string restored_text(const RestoreFacts& facts, const DrillReport& report);
std::string restored_markdown(const RestoreFacts& facts, const DrillReport& report);

/// The report of one that did not come to its end.
std::string unfinished_markdown(const RestoreFacts& facts, const Failure& failure);

/// Of backups that are the provider's.
std::string provider_text(const std::string& set, const std::vector<std::string>& steps);

}  // namespace backupwatch
