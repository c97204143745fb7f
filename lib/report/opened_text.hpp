#pragma once
#include "core/backup/backup.hpp"
#include "core/backup/restore_errors.hpp"
#include "core/check/checks.hpp"

#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// What a person needs to know of a backup that lies open before them.
struct OpenedFacts {
    std::string target;  ///< database/set
    Backup backup;
    std::optional<Backup> damaged;  ///< a newer one that was passed over
    std::optional<DrillOutcome> drill;
    std::vector<std::string> errors;  ///< of the restore: what of it is not there, or not whole
    std::vector<MissingHere> missing;
    Instant now;
    Instant until;
};

/// A few lines, above the first prompt.
std::string opened_text(const OpenedFacts& facts);

/// psql's PROMPT1: `shop@20261122T030000Z=# `, so that nobody takes it for production.
std::string opened_prompt(const std::string& database, const std::string& backup);

}  // namespace backupwatch
