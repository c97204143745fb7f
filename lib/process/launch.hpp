#pragma once
#include "process/descriptor.hpp"
#include "process/process.hpp"

namespace backupwatch {

/// A child that runs its program, in a process group of its own.
struct Launched {
    pid_t pid = 0;      ///< of the one to wait for: the program, or its keeper
    pid_t program = 0;  ///< its own, and that of its group
    Descriptor handle;  ///< its pidfd: readable once it has ended
    Descriptor output;  ///< reads its standard output, unless that goes to a file
    Descriptor errors;  ///< reads its standard error
};

/// Forks and executes. The child dies with the calling *thread* (PR_SET_PDEATHSIG), so call it on a
/// thread that lives as long as the child should. Throws Failure (missing, denied, exhausted) when
/// the program could not be executed; then there is no child either.
Launched launch(const Command& command);

}  // namespace backupwatch
