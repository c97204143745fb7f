#pragma once
#include "process/descriptor.hpp"
#include "process/process.hpp"

#include <linux/filter.h>
#include <sys/types.h>

#include <optional>
#include <vector>

namespace backupwatch {

/// What can go wrong in a child before it has become its program; and what a keeper says.
enum class Step { fence, signals, group, priority, user, parent, directory, execute, keeper, kept };

/// What such a child says, through Plan::refusal.
struct Refusal {
    Step step;
    int error;  ///< of `kept`: the number of the program
};

/// A Fence as the kernel takes it.
struct Barrier {
    std::vector<sock_filter> calls;  ///< empty: seccomp cannot be had
    Descriptor files;                ///< none: Landlock cannot be had
    bool is_kept = false;            ///< by a parent of its own, see keep()
    std::uint64_t address_space = 0;
    std::uint64_t processes = 0;  ///< of its user; 0: as many as it may
};

/// Everything a child needs, made before the fork: it must not allocate.
struct Plan {
    const char* program;
    const char* directory;
    std::vector<char*> arguments;
    std::vector<char*> environment;
    const User* user;
    int nice;
    pid_t parent;  ///< ourselves
    Descriptor input;
    Descriptor output;
    Descriptor errors;
    std::optional<Barrier> barrier;
    Descriptor refusal;  ///< closed by the exec; all descriptors are above the standard ones
};

/// Runs in the child, right after the fork, and dies with `parent`. Only async-signal-safe calls:
/// the fork copied one thread, and another may have held the lock of malloc.
[[noreturn]] void execute(const Plan& plan, pid_t parent);
/// The same: says what failed, by errno, and ends.
[[noreturn]] void refuse(int to, Step step);

}  // namespace backupwatch
