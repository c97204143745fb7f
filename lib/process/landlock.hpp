#pragma once
#include "process/descriptor.hpp"
#include "process/fence.hpp"

namespace backupwatch {

/// The version of Landlock that this kernel has; 0 with errno where it has none.
int landlock_abi();

/// What the fence's files are to the kernel: as much of it as that version knows. Made before the
/// fork. Throws Failure.
Descriptor landlock_ruleset(const Fence& fence, int abi);

/// For good, for the calling thread and what it starts. Async-signal-safe; false with errno.
bool enter_landlock(int ruleset);

}  // namespace backupwatch
