#pragma once
#include "core/backup/manifest.hpp"
#include "core/backup/verification.hpp"

#include <string>
#include <vector>

// Of a dump of a project: whose rows go into a new project, and whose stay out.
namespace backupwatch {

/// A table or a sequence of the platform's whose rows are not loaded.
bool stays_projects(const std::string& schema, const std::string& name);
/// By its name as PostgreSQL writes it.
bool stays_projects(const std::string& quoted);

/// Those tables, and why.
std::vector<SkippedPart> projects_own_tables(const Manifest& manifest);

/// A table that rows are loaded into.
struct LoadedTable {
    std::string name;                  ///< as TableContent has it
    std::vector<std::string> columns;  ///< likewise
};
std::vector<LoadedTable> loaded_tables(const Manifest& manifest);

}  // namespace backupwatch
