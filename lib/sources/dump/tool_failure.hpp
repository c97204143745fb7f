#pragma once
#include "core/failure.hpp"
#include "process/process.hpp"

#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// Why one of PostgreSQL's programs ended badly, by the last lines that it wrote: the kind decides
/// whether another try makes sense, and whom it concerns. `what` is `pg_dump of "shop"`.
Failure tool_failure(const std::string& what, const Exit& exit);

/// What of the errors of a restore lies in the sandbox and not in the backup (no disk, no memory,
/// its server out of reach): the first such, for the drill could then not be run.
std::optional<Failure> sandbox_failure(const std::vector<std::string>& errors);

}  // namespace backupwatch
