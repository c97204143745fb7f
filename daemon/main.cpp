#include "command_line.hpp"
#include "run_command.hpp"
#include "service.hpp"

#include <sys/resource.h>

#include <csignal>

namespace {

/// What is in memory are secrets, and rows of other people's databases in the drills that we start.
void forbid_core_dumps() {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
}

}  // namespace

int main(int argc, char** argv) {
    using namespace backupwatch;
    forbid_core_dumps();
    // A reader that goes away is an error of that write, not the end of the program.
    std::signal(SIGPIPE, SIG_IGN);

    const ParsedCommandLine parsed = parse_command_line(argc, argv);
    if (!parsed.invocation) return parsed.exit_code;
    const Invocation& invocation = *parsed.invocation;
    if (invocation.request.verb == "run") return run_service(invocation.config);
    if (invocation.request.verb == "check-config") return run_check_config(invocation);
    return run_command(invocation);
}
