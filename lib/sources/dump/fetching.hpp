#pragma once
#include "async/pool.hpp"
#include "async/task.hpp"
#include "sources/source.hpp"

#include <filesystem>

namespace backupwatch {

/// Makes the dump in `folder` ready for pg_restore in the sandbox's folder, reading every byte of
/// it once and checking it against `manifest`. Throws Failure::corrupt that names the file.
Task<> fetch_dump(
    std::filesystem::path folder,
    const Manifest& manifest,
    const Sandbox& sandbox,
    Pool& pool,
    ProgressSink progress
);

}  // namespace backupwatch
