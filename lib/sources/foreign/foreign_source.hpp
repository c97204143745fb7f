#pragma once
#include "async/clock.hpp"
#include "async/hanging_calls.hpp"
#include "async/pool.hpp"
#include "core/secret.hpp"
#include "sources/foreign/settings.hpp"
#include "sources/source.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace backupwatch {

class Store;

/// A folder that another tool fills with dumps.
struct ForeignPlan {
    std::string database;  ///< the configuration's name of it
    std::string set;
    Secret url;  ///< only for PostgreSQL's name of it; may be empty
    std::filesystem::path directory;
    ForeignFiles files;
    /// What takes longer to be read to its end goes on alone, and counts as running until then.
    Duration patience = std::chrono::seconds(20);
};

/// Watches them: takes nothing, removes nothing. What was found in them is kept in `state`; null:
/// nowhere.
std::unique_ptr<Source> make_foreign_source(
    ForeignPlan plan, Clock& clock, Pool& pool, HangingCalls& calls, Store* state
);

}  // namespace backupwatch
