#pragma once
#include "core/backup/backup.hpp"

#include <set>
#include <string>
#include <vector>

namespace backupwatch {

struct RetentionPolicy {
    Duration keep{std::chrono::hours(24 * 8)};
    int keep_at_least = 3;
};

/// What must stay whatever its age.
struct Protected {
    std::string last_drilled;    ///< id of the newest backup that passed a drill, or empty
    std::set<std::string> held;  ///< ids that someone or some finding holds
};

/// The ids of the completed backups that may go: older than `keep`, not among the newest
/// `keep_at_least`, not protected, not within their own `keep_until`. Oldest first.
std::vector<std::string> expired(
    const Inventory& inventory, const RetentionPolicy& policy, const Protected& stays, Instant now
);

}  // namespace backupwatch
