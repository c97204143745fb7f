#pragma once
#include "core/time/time.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace backupwatch {

/// What the daemon says of itself in one line, where services are listed.
struct ServiceStatus {
    std::size_t databases = 0;
    std::size_t incidents = 0;
    std::optional<Instant> next_slot{};
    bool is_reloaded = true;  ///< the newest configuration is in use
};

/// `3 databases, 1 incident, next slot 03:00`; the day as well where it is not within a day.
std::string to_line(const ServiceStatus& status, Instant now);

}  // namespace backupwatch
