#pragma once
#include "core/time/time.hpp"

#include <optional>
#include <string>
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

/// Says of each since when its bytes are known, by all of them: never later than was said before.
void find_copies(std::vector<DatedDump>& dumps);

}  // namespace backupwatch
