#pragma once

/// What a process says as it ends; what a command found (0 to 3) is in its reply.
namespace backupwatch {

inline constexpr int work_failed = 2;
inline constexpr int cannot_tell = 3;
inline constexpr int usage_error = 64;
inline constexpr int bad_configuration = 78;

}  // namespace backupwatch
