#pragma once
#include "async/pool.hpp"
#include "async/task.hpp"
#include "core/progress.hpp"
#include "sources/foreign/inspection.hpp"
#include "sources/source.hpp"

#include <filesystem>

namespace backupwatch {

/// Where fetch_foreign() puts it, in the sandbox's folder: an archive as pg_restore reads it, or
/// SQL.
std::filesystem::path fetched_path(const InspectedDump& dump, const Sandbox& sandbox);
/// Of SQL that lies there: the part behind so many `\connect`.
std::filesystem::path script_part(const std::filesystem::path& script, std::size_t index);

/// Copies the dump there, without the compression of the whole, and sees that each byte is still
/// what was inspected; SQL as ScriptParts has it. Throws Failure::corrupt where it is not.
Task<> fetch_foreign(
    std::filesystem::path path,
    const InspectedDump& dump,
    const Sandbox& sandbox,
    Pool& pool,
    ProgressSink progress
);

}  // namespace backupwatch
