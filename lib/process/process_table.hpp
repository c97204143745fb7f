#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <vector>

namespace backupwatch {

/// The numbers of all processes that we see. Blocking: reads /proc.
std::vector<pid_t> all_processes();

/// Whether anyone in this process group still runs. A zombie does not: where process 1 of a
/// container reaps nobody, it stays for ever. Blocking, but reads /proc only if the group exists.
bool is_group_running(pid_t group);

/// Whether that process works in the folder or below it. Not so for one that we may not look at,
/// that is a zombie, or that has just gone. Blocking.
bool works_in(pid_t pid, const std::filesystem::path& folder);

/// How many threads run as this user, of those that we see. Blocking: looks through /proc.
std::uint64_t threads_of(uid_t user);

/// SIGKILLs all that `ancestor` and its descendants started, until none is left (five seconds at
/// most), but not the ancestor: it is stopped meanwhile, so that it starts nothing. It finds also
/// who left their group and folder, if the ancestor adopts orphans. Blocking: reads /proc.
void kill_descendants(pid_t ancestor);

}  // namespace backupwatch
