#include "async/on_own_thread.hpp"
#include "command_line.hpp"
#include "run_command.hpp"
#include "service.hpp"

#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <thread>

namespace {

/// What is in memory are secrets, and rows of other people's databases in the drills that we start.
void forbid_core_dumps() {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    // A program that is given core dumps (`|` in core_pattern) is asked for no limit.
    ::prctl(PR_SET_DUMPABLE, 0);
}

/// One for each core, not eight: threads come and go with each dump and drill, and what they freed
/// stays in whichever of glibc's arenas they had. A daemon of six sets, each dumped and drilled
/// every half minute on two cores, keeps 6 to 8 MB of its own this way instead of 15, and a drill
/// takes as long.
void keep_few_arenas() {
    ::mallopt(M_ARENA_MAX, std::max(2, static_cast<int>(std::thread::hardware_concurrency())));
}

constexpr std::chrono::seconds longest_farewell{2};

/// What a thread still uses (OpenSSL's, the log's) goes when main() returns. One that a dead mount
/// holds up is not waited for.
int leave(int exit_code) {
    if (backupwatch::join_own_threads(longest_farewell)) return exit_code;
    std::cout.flush();
    std::fflush(nullptr);
    ::_exit(exit_code);
}

}  // namespace

int main(int argc, char** argv) {
    using namespace backupwatch;
    forbid_core_dumps();
    keep_few_arenas();
    // A reader that goes away is an error of that write, not the end of the program.
    std::signal(SIGPIPE, SIG_IGN);

    const ParsedCommandLine parsed = parse_command_line(argc, argv);
    if (!parsed.invocation) return parsed.exit_code;
    const Invocation& invocation = *parsed.invocation;
    if (invocation.request.verb == "run") return leave(run_service(invocation.config));
    if (invocation.request.verb == "check-config") return leave(run_check_config(invocation));
    if (invocation.request.verb == "tell") return leave(run_tell(invocation));
    return leave(run_command(invocation));
}
