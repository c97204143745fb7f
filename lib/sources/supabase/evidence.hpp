#pragma once
#include "core/secret.hpp"
#include "core/time/schedule.hpp"
#include "sources/supabase/answer.hpp"

#include <map>
#include <optional>
#include <string>

namespace backupwatch {

/// Of a reply's body; the rest is cut. A hundred days of a few replies each lie in the state.
inline constexpr std::size_t most_evidence_of_a_reply = 64 * 1024;

/// The replies of a look as they are kept (JSON): by path the status, the body as it came, and why
/// it answered nothing. A body that is no text is kept in base64. Only the token is taken out of
/// what repeats it.
std::string evidence_text(const std::map<std::string, ApiReply>& replies, const Secret& token);

/// Once a day (UTC), by the first look from the daily check on, and by any look where that was not
/// made for 25 hours. `last`: when some was kept;
/// `check`: none: there is no such check, and the day's first look counts.
bool is_evidence_due(
    std::optional<Instant> last, const std::optional<Schedule>& check, Instant now
);

}  // namespace backupwatch
