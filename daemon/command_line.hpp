#pragma once
#include "commands/command.hpp"
#include "watch/settings.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace backupwatch {

/// What was typed.
struct Invocation {
    std::filesystem::path config = usual_configuration;
    std::optional<std::filesystem::path> socket;  ///< --socket: a daemon elsewhere
    Request request;
    bool json = false;
    bool online = false;  ///< check-config --online
    /// drill --report, restore --report, readiness --report, runbook --output
    std::optional<std::filesystem::path> report;
    std::optional<std::filesystem::path> evidence;  ///< attest --file
};

/// Either what to do, or the exit code with which the program ends now: 0 after --help and
/// --version, 64 after a usage error, which has been said on standard error.
struct ParsedCommandLine {
    std::optional<Invocation> invocation;
    int exit_code = 0;
};

ParsedCommandLine parse_command_line(int argc, char** argv);

}  // namespace backupwatch
