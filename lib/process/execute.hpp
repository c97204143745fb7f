#pragma once
#include "process/descriptor.hpp"
#include "process/process.hpp"

#include <linux/filter.h>
#include <sys/types.h>

#include <optional>
#include <vector>

namespace backupwatch {

/// What can go wrong in a child before it has become its program.
enum class Step { fence, signals, group, priority, user, parent, directory, execute };

/// What such a child says, through Plan::refusal.
struct Refusal {
    Step step;
    int error;
};

/// A Fence as the kernel takes it.
struct Barrier {
    std::vector<sock_filter> calls;  ///< empty: seccomp cannot be had
    Descriptor files;                ///< none: Landlock cannot be had
    bool adopts_orphans = false;
    std::uint64_t address_space = 0;
    std::uint64_t processes = 0;  ///< of its user
};

/// Everything a child needs, made before the fork: it must not allocate.
struct Plan {
    const char* program;
    const char* directory;
    std::vector<char*> arguments;
    std::vector<char*> environment;
    const User* user;
    int nice;
    pid_t parent;
    Descriptor input;
    Descriptor output;
    Descriptor errors;
    std::optional<Barrier> barrier;
    Descriptor refusal;  ///< closed by the exec; all descriptors are above the standard ones
};

/// Runs in the child, right after the fork. Only async-signal-safe calls: the fork copied one
/// thread, and another may have held the lock of malloc.
[[noreturn]] void execute(const Plan& plan);

}  // namespace backupwatch
