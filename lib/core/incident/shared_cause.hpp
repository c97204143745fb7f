#pragma once
#include "core/check/finding.hpp"
#include "core/time/time.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// One cause, one incident: a server, a log-in or a project that makes checks of several databases
/// fail is a finding of ours, with the cause as its set and this as its check. What fails by it is
/// told with it.
inline constexpr const char* shared_cause_check = "source";

/// Failing findings that name one cause, in the order of their databases.
using Blaming = std::vector<const Finding*>;

/// Each once, in order.
std::vector<std::string> databases_of(const Blaming& blaming);

/// What is found of a cause by those that blame it now: as bad as the worst, and as often in a row
/// as the most frequent of the worst. Nothing to say where it makes a single database fail, which
/// tells of it itself; one that `is_open` stays so until nobody blames it.
std::optional<Finding> check_shared_cause(
    const std::string& cause, const Blaming& blaming, bool is_open
);

/// Whether so many databases are news for whoever was told of those, both in order: as many new
/// ones as go on are at once, any are after an hour. A thousand that fail one by one are ten
/// messages.
bool has_spread(
    const std::vector<std::string>& members,
    const std::vector<std::string>& told,
    Duration since_told
);
inline constexpr Duration spread_told_after = std::chrono::hours(1);

}  // namespace backupwatch
