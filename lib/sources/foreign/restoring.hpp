#pragma once
#include "async/pool.hpp"
#include "async/task.hpp"
#include "core/backup/by_hand.hpp"
#include "core/progress.hpp"
#include "sources/foreign/inspection.hpp"
#include "sources/source.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// How a person restores it; none: it makes its databases itself under their own names, and so none
/// beside the one that is there.
std::optional<ByHand> foreign_by_hand(const std::filesystem::path& path, const InspectedDump& dump);

/// Of such a one; empty: it is none.
std::vector<std::string> commands_for_new_server(
    const std::filesystem::path& path, const InspectedDump& dump
);

/// Loads what fetch_foreign() put into the sandbox: the roles that it needs, then pg_restore -j or
/// psql. `path` is where the dump lies, for the commands that are shown. Throws Failure where it
/// could not be run to its end.
Task<Source::Restored> restore_foreign(
    std::filesystem::path path,
    const InspectedDump& dump,
    const Sandbox& sandbox,
    Pool& pool,
    Source::OnLoaded on_loaded,
    ProgressSink progress
);

}  // namespace backupwatch
