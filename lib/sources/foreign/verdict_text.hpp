#pragma once
#include "sources/foreign/inspection.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace backupwatch {

/// No longer text is kept: of a dump of some 40,000 tables, which is read again after a restart.
constexpr std::size_t longest_verdict_text = 16 << 20;

/// All that is known of a dump, as the state keeps it: a line of JSON, and the text of its
/// manifest.
std::string verdict_text(const InspectedDump& dump);

/// What verdict_text() wrote. Throws Failure::corrupt for any other.
InspectedDump parse_verdict_text(std::string_view text);

}  // namespace backupwatch
