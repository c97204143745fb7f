#pragma once
#include <optional>
#include <string>

namespace backupwatch {

/// What this process was given; nothing where it is not set. Nobody here changes the environment,
/// so that any thread may ask.
std::optional<std::string> environment_variable(const std::string& name);

}  // namespace backupwatch
