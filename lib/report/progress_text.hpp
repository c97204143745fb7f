#pragma once
#include "core/progress.hpp"

#include <chrono>
#include <string>

namespace backupwatch {

/// `restore  312.4 MB of 762.1 MB (41 %), about 6 s left, 12 of 31 tables`. `elapsed` is since the
/// phase began: the rate is measured within it.
std::string progress_text(const Progress& progress, std::chrono::duration<double> elapsed);

}  // namespace backupwatch
