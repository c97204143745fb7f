#pragma once
#include "core/backup/file_verdict.hpp"
#include "store/database.hpp"

#include <string>
#include <vector>

namespace backupwatch {

// What was found in the files of other tools, as rows. What writes is called within a transaction.

void write_file_verdicts(
    Database& database,
    const std::string& name,
    const std::string& set,
    const FileVerdictChange& change
);
/// Oldest backup first.
std::vector<FileVerdict> read_file_verdicts(
    Database& database, const std::string& name, const std::string& set
);

}  // namespace backupwatch
