#pragma once
#include "core/backup/backup.hpp"
#include "core/backup/kinship.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace backupwatch {

/// A file as it lay there: another stamp is another file.
struct FileKey {
    std::string id;     ///< of the backup
    std::string stamp;  ///< changes whenever a byte of it does

    friend auto operator<=>(const FileKey&, const FileKey&) = default;
};

/// What was found when a file of another tool was read to its end, as it is kept: reading it again
/// may take hours.
struct FileVerdict {
    FileKey file;
    std::string judge;  ///< who read it, and for what: any other reads it again
    Instant judged_at;
    Instant at;  ///< instant_of() the backup
    BackupStatus status = BackupStatus::unknown;
    std::string error;  ///< why it failed, or why it is another database's
    Kinship kinship = Kinship::undecided;
    std::string content;  ///< of a whole one: all that a drill needs to know of it
    /// In this process, and not kept: of what was known when it was written down, since meanwhile
    /// more may be.
    std::uint64_t revision = 0;

    friend bool operator==(const FileVerdict&, const FileVerdict&) = default;
};

/// What is newly known of a set's files, and which of them nobody needs any more.
struct FileVerdictChange {
    std::vector<FileVerdict> known;
    std::vector<FileKey> gone;
};

}  // namespace backupwatch
