#pragma once
#include "core/backup/evidence.hpp"
#include "store/database.hpp"

#include <string>
#include <vector>

namespace backupwatch {

// What a source keeps for itself, and what its provider said, as rows. What writes is called within
// a transaction.

void write_source_note(
    Database& database, const std::string& name, const std::string& set, const std::string& note
);
/// Empty: there is none.
std::string read_source_note(Database& database, const std::string& name, const std::string& set);

void write_evidence(
    Database& database, const std::string& name, const std::string& set, const Evidence& evidence
);
/// Oldest first.
std::vector<Evidence> read_evidence(
    Database& database, const std::string& name, const std::string& set
);

}  // namespace backupwatch
