#pragma once
#include "sources/foreign/inspection.hpp"

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace backupwatch {

/// No longer text is kept: of a dump of some 40,000 tables, which is read again after a restart. In
/// its place is the short one.
constexpr std::size_t longest_verdict_text = 16 << 20;

/// All that is known of a dump, as the state keeps it: a line of JSON, and the text of its
/// manifest.
std::string verdict_text(const InspectedDump& dump);

/// What verdict_text() wrote. Throws Failure::corrupt for any other.
InspectedDump parse_verdict_text(std::string_view text);

/// What other dumps are held against, and nothing that a drill needs.
struct ShortVerdict {
    std::set<std::string> tables;  ///< as KinDump has them
    std::string sql_sha256;
    std::optional<Instant> since;
};
std::string short_verdict_text(const InspectedDump& dump, const std::set<std::string>& tables);
/// Nothing for any other text.
std::optional<ShortVerdict> short_verdict(std::string_view text);

}  // namespace backupwatch
