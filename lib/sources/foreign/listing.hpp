#pragma once
#include "core/backup/backup.hpp"
#include "core/backup/file_verdict.hpp"
#include "core/progress.hpp"
#include "sources/foreign/inspection.hpp"
#include "sources/foreign/settings.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace backupwatch {

/// When a dump was finished: the date of its file, unless it was begun long before by its own
/// account. Copying makes a file as new as the copy.
Instant finished_at(Instant modified, const std::optional<Instant>& begun_by);

/// One of them, as it is listed.
struct ForeignDump {
    Backup backup;
    std::shared_ptr<const InspectedDump> inspected;  ///< null: it is no whole dump, or not yet
};

/// The dumps of other tools in a folder. Each is read to its end once, when it has settled, and
/// remembered until it changes: here, and by whoever keeps what changes() says. Blocking: for
/// threads of its own, one in each of its verbs.
class ForeignListing {
  public:
    ForeignListing(std::filesystem::path directory, ForeignFiles files, InspectionOptions options);

    /// What is kept of earlier processes. What was read meanwhile is newer.
    void recall(const std::vector<FileVerdict>& kept);
    /// Reads each that has settled and is not known yet to its end: as long as the disk takes.
    /// Throws Failure when the directory can't be read, and timeout once it is to stop.
    void judge_new(Instant now);
    /// Oldest first; one that is not judged yet counts as running. Soon back, also while another
    /// thread judges. Throws Failure when the directory can't be read.
    std::vector<ForeignDump> read(Instant now);

    /// What is to be kept, and what no longer.
    FileVerdictChange changes(Instant now);
    void note_kept(const FileVerdictChange& change);

    /// The newest whole dump, where it is another database's: as it is once somebody says that it
    /// is meant. None: it is not.
    std::optional<FileVerdict> acceptance(Instant now);
    void accept(const FileKey& file);

    /// How far the file is that is being read.
    std::optional<Progress> progress();

  private:
    struct Judged {
        std::string stamp;
        BackupStatus status = BackupStatus::unknown;
        std::string error;
        std::shared_ptr<const InspectedDump> inspected;
        Instant at;
        Kinship kinship = Kinship::undecided;
        std::string reason;  ///< of another database's
        bool is_kept = false;
        bool is_tried_again = false;  ///< for what may be otherwise the next time; never kept
    };
    struct Reading {
        std::string name;
        std::uint64_t done = 0;
        std::uint64_t total = 0;
        std::chrono::steady_clock::time_point began;
    };
    /// The newest that was ever known to be of this database, there or gone.
    struct Reference {
        FileKey file;
        KinDump dump;
    };

    std::vector<std::string> names() const;
    std::optional<Judged> known(const std::string& name, const std::string& stamp);
    Judged judge(const std::string& name, const std::string& stamp, Instant modified);
    bool is_settled(std::int64_t changed, Instant now) const;
    std::string how_far(const std::string& name);
    void decide(std::vector<ForeignDump>& oldest_first, Instant now);
    void refer_to(const FileKey& file, const KinDump& dump);
    FileVerdict verdict_of(const std::string& name, const Judged& judged, Instant now) const;

    std::filesystem::path directory_;
    ForeignFiles files_;
    InspectionOptions options_;
    std::string judge_;  ///< FileVerdict::judge
    std::mutex mutex_;
    // Under the mutex:
    std::map<std::string, Judged> judged_;
    std::map<FileKey, Judged> former_;  ///< by another judge: only its kinship counts
    std::set<FileKey> kept_;            ///< of all that is kept
    std::optional<Reference> reference_;
    std::optional<Reading> reading_;
};

}  // namespace backupwatch
