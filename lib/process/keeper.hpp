#pragma once
#include "process/execute.hpp"

#include <sys/types.h>

namespace backupwatch {

/// Runs in the child, right after the fork, in the place of execute(): starts the program from here
/// and stays its parent, and that of whatever the program starts and loses. What is fenced can
/// neither signal nor outlive it. Says the program's number through Plan::refusal; ends when the
/// program has ended, and all that came of it, and then as that did. Ends them itself when its own
/// parent is gone. Only async-signal-safe calls, as execute().
[[noreturn]] void keep(const Plan& plan);

/// Whether this kernel lists the children of a process, by which they are found.
bool can_keep();

}  // namespace backupwatch
