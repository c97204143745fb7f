#pragma once
#include "store/database.hpp"
#include "store/past.hpp"

#include <vector>

namespace backupwatch {

// What lies in the state of times gone by, for people who ask.

Past read_past(Database& database, const PastQuestion& question);

/// Of every database at most `each`, those at or after `since`; oldest first.
std::vector<NotedMark> read_newest_marks(Database& database, Instant since, int each);

}  // namespace backupwatch
