#pragma once
#include "core/failure.hpp"

#include <string>

namespace backupwatch {

/// What an error number of the system means to who asked: one table for all, because the kind
/// decides whether something is tried again. That EIO is damage only who reads a backup can say.
Failure::Kind kind_of_system_error(int error);

/// `cannot <operation>: <the system's words>`.
Failure system_failure(const std::string& operation, int error, std::string hint = {});

}  // namespace backupwatch
