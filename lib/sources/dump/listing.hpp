#pragma once
#include "core/backup/backup.hpp"
#include "core/backup/manifest.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace backupwatch {

/// Which database a dump is of: the configuration's name, and PostgreSQL's own marks of it.
struct DumpIdentity {
    std::string database;
    std::string database_name;
    std::string system_identifier;
};

/// What the listing keeps of a manifest.
struct DumpSummary {
    Backup backup;
    DumpIdentity identity;
    std::uint64_t database_size = 0;
    std::uint64_t raw_size = 0;  ///< of what is compressed in it: its rows
    std::vector<FileEntry> files;
};

/// Why a dump of `found` does not belong to a set of the database that the configuration calls
/// `database`; empty if it does. The name of a database may change in the configuration: a dump of
/// the very database that other dumps here are of, by `known`, belongs to it still.
std::string foreign(
    const DumpIdentity& found, const std::string& database, const std::vector<DumpIdentity>& known
);

/// Reads a set's directory: names and sizes each time, a manifest only when it is new or changed.
/// Blocking: for a thread of its own, one at a time.
class Listing {
  public:
    Listing(std::filesystem::path directory, std::string database)
        : directory_(std::move(directory)), database_(std::move(database)) {}

    /// Oldest first. Throws Failure when the directory can't be read.
    std::vector<DumpSummary> read();

  private:
    struct Cached {
        std::uint64_t inode = 0;
        std::int64_t changed = 0;  ///< ctime, nanoseconds: it cannot be set back
        DumpSummary summary;
    };

    DumpSummary read_dump(const std::string& id);
    DumpSummary read_summary(const std::string& id);

    std::filesystem::path directory_;
    std::string database_;
    std::map<std::string, Cached> cache_;
};

}  // namespace backupwatch
