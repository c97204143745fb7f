#pragma once

namespace backupwatch {

// Why a test is skipped that needs that part of a fence, and only that.
inline constexpr const char* no_filter = "this kernel filters no system calls";
inline constexpr const char* no_keeper = "this kernel lists no children of a process";
inline constexpr const char* no_file_fence =
    "this kernel fences nobody from files as Landlock 3 does";
inline constexpr const char* no_scopes =
    "this kernel fences nobody from signals and abstract sockets";

}  // namespace backupwatch
