#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace backupwatch {

using Duration = std::chrono::milliseconds;
/// A moment of civil time, always UTC.
using Instant = std::chrono::sys_time<Duration>;

using Days = std::chrono::duration<int, std::ratio<86400>>;

/// `2026-11-22T03:00:00Z`; milliseconds are written only where there are some.
std::string to_rfc3339(Instant instant);
/// Any RFC 3339 date-time, with an offset or `Z`; fractions beyond milliseconds are cut.
/// Nothing for anything else, an impossible date included.
std::optional<Instant> parse_rfc3339(std::string_view text);
/// For people, to the minute: `2026-11-22T03:00Z`.
std::string in_words(Instant instant);
/// As a person types it: RFC 3339, or less of it, `2026-11-22`, `2026-11-22 03:00`, in UTC then,
/// and what in_words() writes.
std::optional<Instant> parse_moment(std::string_view text);

/// `200ms 30s 5m 26h 7d`: a whole number and one unit. Nothing for anything else, nor for more than
/// a century: what is configured can then be added to any moment without overflow.
std::optional<Duration> parse_duration(std::string_view text);
/// The shortest exact spelling that parse_duration reads back: `26h`, `90s`, `0s`.
std::string to_text(Duration duration);
/// For people: at most two units, rounded down: `2 d 3 h`, `4 min 10 s`, `0.8 s`, `12 ms`.
std::string in_words(Duration duration);

}  // namespace backupwatch
