#pragma once
#include "process/process.hpp"

#include <filesystem>
#include <optional>

namespace backupwatch {

/// The first folder, from the root down to `folder` itself, that this user may not pass through by
/// its permission bits; nothing if there is none. Blocking.
std::optional<std::filesystem::path> first_closed_folder(
    const std::filesystem::path& folder, const User& user
);

}  // namespace backupwatch
