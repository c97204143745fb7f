#pragma once
#include "async/task.hpp"
#include "core/incident/incident.hpp"
#include "watch/world.hpp"

#include <cstdint>
#include <string>

namespace backupwatch {

/// What people do about incidents. Each throws what the store throws, and then nothing is done.

/// Pauses reminders for a day, and tells pagers so. Throws Failure::usage where no incident with
/// that number is open.
Task<Incident> acknowledge(World& world, std::int64_t id);
/// Keeps quiet about `DATABASE[/SET[/CHECK]]` for that long; what still matters afterwards is told
/// then. Throws Failure::usage where nothing of that name is watched.
Task<Silence> silence(World& world, std::string target, Duration duration, std::string reason);
/// Ends a silence; what it kept back is told. Throws Failure::usage where there is none with that
/// number.
Task<> unsilence(World& world, std::int64_t id);

}  // namespace backupwatch
