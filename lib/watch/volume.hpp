#pragma once
#include "core/check/checks.hpp"

#include <chrono>
#include <filesystem>
#include <vector>

namespace backupwatch {

/// How full the volume of `path` is for us: what only root may still use counts as used. Blocking.
/// Throws Failure::missing where there is nothing at `path`.
DiskSample measure_volume(const std::filesystem::path& path, Instant now);

/// As far back as a forecast looks.
inline constexpr Duration sample_window = std::chrono::hours(24 * 7);

/// Adds the newest sample, and lets go what is too old to forecast from, or is of a clock that was
/// ahead.
void keep_sample(std::vector<DiskSample>& samples, const DiskSample& newest);

}  // namespace backupwatch
