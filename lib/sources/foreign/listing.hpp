#pragma once
#include "core/backup/backup.hpp"
#include "sources/foreign/inspection.hpp"
#include "sources/foreign/settings.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// When a dump was finished: the date of its file, unless it was begun long before by its own
/// account. Copying makes a file as new as the copy.
Instant finished_at(Instant modified, const std::optional<Instant>& begun_by);

/// Why the dump cannot be of the database that the one before it is of; empty: it may be.
std::string other_database(const Manifest& before, const Manifest& found);

/// One of them, as it is listed.
struct ForeignDump {
    Backup backup;
    std::shared_ptr<const InspectedDump> inspected;  ///< null: it is no whole dump, or not yet
    bool is_to_be_read = false;                      ///< it has settled, and is not judged yet
};

/// The dumps of other tools in a folder. Each is read to its end once, when it has settled, and
/// remembered until it changes. Blocking: for threads of its own, one in each of its verbs.
class ForeignListing {
  public:
    ForeignListing(std::filesystem::path directory, ForeignFiles files, InspectionOptions options)
        : directory_(std::move(directory)),
          files_(std::move(files)),
          options_(std::move(options)) {}

    /// Reads each that has settled and is not known yet to its end: as long as the disk takes.
    /// Throws Failure when the directory can't be read, and timeout once it is to stop.
    void judge_new(Instant now);
    /// Oldest first; one that is not judged yet counts as running. Soon back, also while another
    /// thread judges. Throws Failure when the directory can't be read.
    std::vector<ForeignDump> read(Instant now);

  private:
    /// Changes whenever a byte of it does.
    struct Stamp {
        std::uint64_t inode = 0;
        std::int64_t changed = 0;  ///< ctime, nanoseconds: it cannot be set back
        std::int64_t modified = 0;
        std::uint64_t size = 0;
        std::uint64_t files = 1;

        void add(const std::filesystem::path& path);
        friend bool operator==(const Stamp&, const Stamp&) = default;
    };
    struct Judged {
        Stamp stamp;
        BackupStatus status = BackupStatus::unknown;
        std::string error;
        std::shared_ptr<const InspectedDump> inspected;
    };

    std::vector<std::string> names() const;
    Stamp stamp_of(const std::string& name) const;
    std::optional<Judged> known(const std::string& name, const Stamp& stamp);
    Judged judge(const std::string& name, const Stamp& stamp) const;
    bool is_settled(const Stamp& stamp, Instant now) const;

    std::filesystem::path directory_;
    ForeignFiles files_;
    InspectionOptions options_;
    std::mutex mutex_;
    std::map<std::string, Judged> judged_;  ///< under the mutex
};

}  // namespace backupwatch
