#pragma once
#include "process/process.hpp"

#include <string>

namespace backupwatch {

inline Command shell(const std::string& script) {
    Command command{.program = "/bin/sh"};
    command.arguments = {"-c", script};
    command.environment = {{"PATH", "/usr/bin:/bin"}};
    return command;
}

}  // namespace backupwatch
