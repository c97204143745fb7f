#pragma once
#include "core/time/time.hpp"

#include <string>

namespace backupwatch {

/// A moment that somebody noted: a deployment, or that a gate which was shut was passed all the
/// same. What the last restore point before it is, is asked when it turns out to have done harm.
struct NotedMark {
    enum class Kind { noted, gate_overridden };

    std::string database;
    Instant at{};
    Kind kind = Kind::noted;
    std::string text;
};

}  // namespace backupwatch
