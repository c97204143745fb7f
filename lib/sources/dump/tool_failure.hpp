#pragma once
#include "core/failure.hpp"
#include "process/process.hpp"

#include <string>

namespace backupwatch {

/// Why one of PostgreSQL's programs ended badly, by the last lines that it wrote: the kind decides
/// whether another try makes sense, and whom it concerns. `what` is `pg_dump of "shop"`.
Failure tool_failure(const std::string& what, const Exit& exit);

}  // namespace backupwatch
