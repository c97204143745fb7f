#pragma once
#include <poll.h>

namespace backupwatch {

/// Whether this descriptor is ready for one of `events` (POLLIN, POLLOUT) now, or broken. To be
/// asked after a wait on the loop: Asio may wake us for what another descriptor was ready for,
/// whose place in its reactor is this one's now.
inline bool is_ready(int descriptor, short events) {
    pollfd state{descriptor, events, 0};
    return ::poll(&state, 1, 0) == 1;
}

}  // namespace backupwatch
