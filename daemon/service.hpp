#pragma once
#include <filesystem>

namespace backupwatch {

/// `run`: the daemon, in the foreground, until SIGTERM or SIGINT; SIGHUP reads the configuration
/// again. Returns the exit code: 0, 78 for a bad configuration, 3 where another daemon runs.
int run_service(const std::filesystem::path& config);

}  // namespace backupwatch
