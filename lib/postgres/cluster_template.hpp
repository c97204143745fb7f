#pragma once
#include "async/task.hpp"
#include "postgres/cluster.hpp"

#include <chrono>

namespace backupwatch {

inline constexpr const char* drill_superuser = "backupwatch_drill";

/// Makes `options.folder/data` a fresh cluster, without a server yet, and an empty
/// `options.folder/socket`: a copy of the template that is kept for this installation and user, and
/// is made with initdb by whoever comes first, in this process or another. Throws Failure.
Task<> clone_template(
    const ClusterOptions& options, Pool& pool, std::chrono::steady_clock::time_point deadline
);

}  // namespace backupwatch
