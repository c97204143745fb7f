#pragma once
#include "async/task.hpp"

#include <chrono>
#include <functional>

namespace backupwatch {

/// Runs a blocking call that nothing can interrupt (getaddrinfo, PQcancel) on a thread of its own;
/// returns, or throws what it threw, on the loop. When the caller is cancelled it goes on at once,
/// and the thread ends alone, as soon as the call lets it: `job` must own all that it touches.
/// A pool is not the place for such calls: a few dead name servers would fill it, and its
/// destructor would wait for them.
Task<> on_own_thread(std::function<void()> job);

/// Before the program ends: waits for these threads, at most so long in all. False: one still runs,
/// and what it uses may be gone once main() has returned: end without that.
bool join_own_threads(std::chrono::milliseconds limit);

}  // namespace backupwatch
