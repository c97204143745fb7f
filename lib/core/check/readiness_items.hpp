#pragma once
#include "core/check/readiness.hpp"

#include <string>

namespace backupwatch {

/// Pieces of check_readiness().

ReadinessItem ready_item(std::string name, std::string evidence);
ReadinessItem lacking_item(
    std::string name, Severity severity, std::string evidence, std::string to_do
);

/// Where nothing is known since nothing can be read, that is no verdict.
Severity severity_of_unread(const ReadinessFacts& facts);
std::string unread_in_words(const ReadinessFacts& facts);

/// Is there a completed backup that is young enough?
ReadinessItem readiness_of_backups(const ReadinessFacts& facts, Instant now);
ReadinessItem readiness_of_interval(const ReadinessFacts& facts, Instant now);
ReadinessItem readiness_of_reach(const ReadinessFacts& facts, Instant now);
ReadinessItem readiness_of_drill(const ReadinessFacts& facts, Instant now);
ReadinessItem readiness_of_restore_time(const ReadinessFacts& facts);
ReadinessItem readiness_of_success(const ReadinessFacts& facts, Instant now);
ReadinessItem readiness_of_size(const ReadinessFacts& facts, Instant now);
ReadinessItem readiness_of_disk(const ReadinessFacts& facts);

}  // namespace backupwatch
