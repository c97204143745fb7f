#pragma once
#include "core/backup/manifest.hpp"
#include "core/backup/project_queues.hpp"
#include "core/backup/verification.hpp"

#include <string>
#include <vector>

// Of a dump of a project: whose rows go into a new project, and whose stay out.
namespace backupwatch {

/// A table or a sequence of the platform's whose rows are not loaded.
bool stays_projects(const std::string& schema, const std::string& name);
/// By its name as PostgreSQL writes it.
bool stays_projects(const std::string& quoted);
/// A table of which each project has its own and that holds nothing of a user's: a dump may go
/// without it.
bool is_bookkeeping(const std::string& schema, const std::string& name);
bool is_bookkeeping(const std::string& quoted);

/// Those tables, and why.
std::vector<SkippedPart> projects_own_tables(const Manifest& manifest);

struct LoadedTable {
    std::string name;                  ///< as TableContent has it
    std::vector<std::string> columns;  ///< likewise
};
/// What a project is asked for before a backup is loaded; of what the load itself makes as well.
struct ProjectNeeds {
    std::vector<LoadedTable> loaded{};  ///< tables that rows go into
    std::vector<LoadedTable> empty{};   ///< that are compared as well
    std::vector<std::string> sequences{};
    bool has_queues = false;  ///< perhaps: of members of pgmq a manifest has none
    QueueKinds queues{};
};
ProjectNeeds project_needs(const Manifest& manifest);

}  // namespace backupwatch
