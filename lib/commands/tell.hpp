#pragma once
#include "async/clock.hpp"
#include "commands/command.hpp"
#include "deliver/delivery.hpp"

#include <string>
#include <vector>

namespace backupwatch {

/// Tells everybody but pagers, at once and past the outbox, that the service is down: for when
/// there is neither a daemon nor perhaps a state. Each is tried three times. The only target is
/// what is wrong. `unreadable`: why other notifiers cannot be tried. Exit code 2 where nobody has
/// taken it, 1 where somebody has not.
Task<Reply> tell(
    std::vector<ConfiguredNotifier> notifiers,
    std::vector<std::string> unreadable,
    Clock& clock,
    Request request
);

}  // namespace backupwatch
