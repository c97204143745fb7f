#pragma once
#include "core/backup/manifest.hpp"
#include "sources/dump/reconciliation.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace backupwatch {

/// What both witnesses of a dump say, once pg_dump has ended.
struct DumpEvidence {
    std::vector<CountedTable> source;
    std::uint64_t large_objects = 0;  ///< in the source
    WrittenArchive written;           ///< its table of contents is read when it is sealed
};

/// Turns a folder that pg_dump has filled into a dump: compares the witnesses, writes how to
/// restore it by hand, and ends with the manifest, which covers every file. All of it is durable
/// when this returns. Completes `manifest`; returns the size of the dump. Throws Failure. Blocking.
std::uint64_t seal(const std::filesystem::path& folder, DumpEvidence& evidence, Manifest& manifest);

}  // namespace backupwatch
