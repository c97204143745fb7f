#pragma once
#include "commands/command.hpp"
#include "watch/world.hpp"

namespace backupwatch {

/// The steps by which the provider restores its own backup, in place: told, and never done. The
/// restore point is named as it lists it, where it can be asked.
Task<Reply> restore_of_provider(const World& world, WatchedSet& set, const Request& request);

}  // namespace backupwatch
