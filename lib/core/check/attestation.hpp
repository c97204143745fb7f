#pragma once
#include "core/time/time.hpp"

#include <optional>
#include <string>

namespace backupwatch {

/// What only a person can confirm, and for how long that is believed.
struct Attestation {
    std::string database;
    std::string item;
    std::string by;
    Instant at{};
    Instant expires_at{};
    std::optional<int> minutes{};  ///< that it took
    std::string file{};            ///< evidence: its path and SHA-256, or empty
};

}  // namespace backupwatch
