#pragma once
#include "commands/command.hpp"
#include "watch/world.hpp"

#include <string>

namespace backupwatch {

/// Waits until what lies in the set is read to its end: for `--wait`, else for an hour where no
/// daemon goes on reading when the command ends, else not at all. A source that cannot be read is
/// told by the look that follows.
Task<> catch_up(World& world, WatchedSet& set, const Request& request, ProgressSink progress);

/// For people: that reading ends here, and what to do; empty where all is read, or a daemon goes
/// on.
std::string advice_on_unread(const World& world, const WatchedSet& set);

}  // namespace backupwatch
