#pragma once
#include "core/failure.hpp"

#include <SQLiteCpp/Exception.h>

#include <filesystem>
#include <string>

namespace backupwatch {

/// What SQLite threw, as a Failure. `action` is what was tried ("record the slot"), `system_error`
/// the errno below it, or 0.
Failure sqlite_failure(
    const std::string& action,
    const std::filesystem::path& file,
    const SQLite::Exception& error,
    int system_error
);

}  // namespace backupwatch
