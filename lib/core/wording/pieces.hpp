#pragma once
#include "core/incident/notice.hpp"
#include "core/wording/wording.hpp"

#include <string>
#include <vector>

namespace backupwatch {

/// The notice with every text as it may be shown (core/text.hpp), and none too long but lists.
Notice cleaned(Notice notice);
/// What tells incidents apart, likewise.
IncidentKey cleaned(const IncidentKey& key);
Links cleaned(const Links& links);
/// Likewise; those that are empty are left out.
std::vector<std::string> cleaned_names(std::vector<std::string> names);

/// With a full stop, unless it ends a sentence already; empty stays empty.
std::string sentence(std::string text);
/// All of them: `a, b and c`.
std::string all_of(const std::vector<std::string>& names);
/// `2026-11-22T03:00Z (5 h ago)`; a moment that the clock says is yet to come has no age.
std::string moment_and_age(Instant at, Instant now);
/// `CRITICAL`, for the beginning of a line.
std::string in_capitals(Severity severity);

}  // namespace backupwatch
