#pragma once
#include "core/backup/file_verdict.hpp"
#include "store/database.hpp"

#include <optional>
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
std::vector<FileKey> read_judged_files(
    Database& database, const std::string& name, const std::string& set
);
std::optional<FileVerdict> read_file_verdict(
    Database& database, const std::string& name, const std::string& set, const FileKey& file
);

}  // namespace backupwatch
