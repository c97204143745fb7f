#pragma once
#include "core/check/checks.hpp"

#include <filesystem>

namespace backupwatch {

/// How full the volume of `path` is for us: what only root may still use counts as used. Blocking.
/// Throws Failure::missing where there is nothing at `path`.
DiskSample measure_volume(const std::filesystem::path& path, Instant now);

}  // namespace backupwatch
