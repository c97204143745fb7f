#pragma once
#include "core/time/time.hpp"

#include <string>

namespace backupwatch {

/// What somebody else said of a set's backups, word for word, and when: so that it can be shown
/// later that they were there.
struct Evidence {
    Instant taken_at;
    std::string document;  ///< JSON

    friend bool operator==(const Evidence&, const Evidence&) = default;
};

}  // namespace backupwatch
