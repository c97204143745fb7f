#pragma once
#include "core/time/time.hpp"
#include "store/past.hpp"

#include <string>

namespace backupwatch {

/// The past of a database as people read it: all kinds in one order, oldest first, so that what
/// followed from what can be seen. `since`: what was asked for.
std::string history_text(const std::string& database, const Past& past, Instant since);

}  // namespace backupwatch
