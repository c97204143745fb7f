#pragma once
#include "core/incident/incident.hpp"
#include "watch/world.hpp"

#include <string>

namespace backupwatch {

/// A silence of `DATABASE`, `DATABASE/SET`, `DATABASE/SET/CHECK` or, of a disk, `DATABASE//disk`.
/// Throws Failure::usage, with the nearest valid name, where nothing of that name is watched: a
/// silence that covers nothing would be believed in.
Silence silence_of(const World& world, const std::string& target);

}  // namespace backupwatch
