#pragma once
#include "command_line.hpp"

namespace backupwatch {

/// Carries out one command: through the daemon if one runs, else here, with the same result.
/// Prints, and returns the exit code.
int run_command(const Invocation& invocation);

/// `check-config`: never through the daemon, which runs on with the configuration that it has.
int run_check_config(const Invocation& invocation);

/// `tell`: past the daemon, which may be gone, and past its state.
int run_tell(const Invocation& invocation);

}  // namespace backupwatch
