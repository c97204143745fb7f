#pragma once
#include "core/time/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// A dump by its bytes: without a date in them, another one's are the same where nothing changed,
/// and so are those of a copy, however new its file is.
struct DatedDump {
    std::string content;             ///< a digest of its bytes; empty: they hold a date
    Instant at;                      ///< of its file
    std::optional<Instant> since{};  ///< the same bytes were seen of then, if earlier

    friend bool operator==(const DatedDump&, const DatedDump&) = default;
};

/// What leaves no doubt whether a dump is a copy of an older one.
inline constexpr std::string_view told_apart_by =
    "pg_dump marks each dump since its releases of August 2025, and dates those of -Fc";

/// Says of each since when its bytes are known, by all of them: never later than was said before.
void find_copies(std::vector<DatedDump>& dumps);

}  // namespace backupwatch
