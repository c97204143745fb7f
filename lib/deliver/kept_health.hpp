#pragma once
#include "deliver/delivery.hpp"

#include <vector>

namespace backupwatch {

/// Pure: how notifiers do by what is kept of them, for who looks without a daemon that delivers.
std::vector<NotifierHealth> kept_health(
    const Outbox& outbox, const std::vector<ConfiguredNotifier>& notifiers
);

}  // namespace backupwatch
