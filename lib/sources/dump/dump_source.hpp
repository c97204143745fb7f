#pragma once
#include "sources/dump/taking.hpp"
#include "sources/registry.hpp"
#include "sources/source.hpp"

#include <memory>

namespace backupwatch {

class HangingCalls;

/// Dumps of our own in a directory: `<directory>/<id>/` holds `archive/` (pg_dump's directory
/// format, each data file compressed with zstd), `globals.sql`, `README.txt` and `manifest.json`.
/// `clock`, `pool` and `calls` outlive it.
std::unique_ptr<Source> make_dump_source(
    DumpPlan plan, Clock& clock, Pool& pool, HangingCalls& calls
);

/// For the registry: of a set whose `own` is a DumpSettings.
std::unique_ptr<Source> make_dump(const SetSettings& set, const SourcePlace& place);

}  // namespace backupwatch
