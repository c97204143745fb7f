#pragma once
#include "core/time/time.hpp"
#include "store/database.hpp"

#include <string>

namespace backupwatch {

/// How long what was is known.
inline constexpr Duration history_kept = std::chrono::hours(24 * 400);

/// Removes what is too old of one database, at most hourly, within the caller's transaction: slots,
/// drills, backups, incidents that ended, and notices that nobody takes after 400 days (slots of
/// polls after 2, evidence after 100), all but an hour's first disk sample after 2 days, and that
/// after 30. The newest drill and the newest that passed always stay. Nothing goes while the clock
/// has not run steadily for a day: a clock that was wrong for some hours must not make the past
/// look old.
void prune(Database& database, const std::string& name, Instant now);

}  // namespace backupwatch
