#pragma once
#include <sys/types.h>

#include <vector>

namespace backupwatch {

/// The numbers of all processes that we see. Blocking: reads /proc.
std::vector<pid_t> all_processes();

/// Whether anyone in this process group still runs. A zombie does not: where process 1 of a
/// container reaps nobody, it stays for ever. Blocking, but reads /proc only if the group exists.
bool is_group_running(pid_t group);

}  // namespace backupwatch
