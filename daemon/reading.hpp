#pragma once
#include "async/task.hpp"
#include "watch/settings.hpp"

#include <filesystem>
#include <variant>

namespace backupwatch {

class HangingCalls;

/// Reads the configuration again, what it includes and the secrets that it names, for a daemon that
/// runs. Every error is logged. Throws Failure::timeout where it cannot be read to its end.
/// `gave_up_root`: who read it at the start may read more than we may now.
Task<std::variant<Settings, ConfigErrors>> read_again(
    std::filesystem::path config, HangingCalls& calls, bool gave_up_root
);

/// Logs where `next` asks for what cannot change while it runs.
void say_what_waits_for_a_restart(const Settings& next, const Settings& current);

}  // namespace backupwatch
