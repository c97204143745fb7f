#pragma once
#include "process/fence.hpp"

#include <linux/filter.h>

#include <vector>

namespace backupwatch {

/// The program that the kernel asks at each system call of the fenced: what it denies fails with
/// EPERM, and the rest is as ever. Made before the fork.
std::vector<sock_filter> seccomp_program(Fence::Role role);

/// For good, for the calling thread and what it starts. Async-signal-safe; false with errno.
bool enter_seccomp(const std::vector<sock_filter>& program);

}  // namespace backupwatch
