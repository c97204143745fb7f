#pragma once
#include "core/check/finding.hpp"

#include <string>
#include <vector>

namespace backupwatch {

/// How long a set may go without a look that came back before what is known of it is too old to be
/// told: a few polls, and the time that one look may take.
Duration longest_silence(Duration poll);

/// What is told of a set whose looks do not come back any more, for instance because the mount that
/// it lies on hangs: whatever was found before may long be wrong. `found`: by the last look; with
/// none, the checks `backup` and `source` say it. Fails once more with each whole period `every`.
std::vector<Finding> unseen(
    std::vector<Finding> found, Instant last_look, Duration every, Instant now
);

}  // namespace backupwatch
