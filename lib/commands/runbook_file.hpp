#pragma once
#include "async/task.hpp"
#include "watch/world.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace backupwatch {

/// Where the runbook of a database is written after each drill, and how publishing it went.
std::filesystem::path runbook_file(const World& world, const std::string& database);

struct Publication {
    Instant at{};
    std::string error{};  ///< why nobody got it; empty: they did
};
/// Of the last time; none: it was never published. Blocking.
std::optional<Publication> last_publication(const std::filesystem::path& runbook);

/// Writes it, where the database has a `runbook`, and hands it to its `publish`. What goes wrong is
/// logged: no drill fails by it.
Task<> renew_runbook(World& world, std::string database);

}  // namespace backupwatch
