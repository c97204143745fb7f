#pragma once
#include "core/backup/backup.hpp"
#include "core/backup/copies.hpp"
#include "core/backup/file_verdict.hpp"
#include "sources/foreign/inspection.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// One of them, as it is listed.
struct ForeignDump {
    Backup backup;
    std::string stamp;
    bool is_whole = false;                           ///< a whole dump, of this database
    std::shared_ptr<const InspectedDump> inspected;  ///< null: the state alone has it
    bool is_let_go = false;                          ///< JudgedFile::is_let_go()
};

/// Of what is in memory of files until the state has it, in bytes.
constexpr std::size_t most_unkept = 8 << 20;
/// Of what is written down at once, as text.
constexpr std::size_t most_written = 4 << 20;

/// What others are held against.
struct DumpMarks {
    KinTables tables;
    DatedDump dated;
    bool is_unique = false;  ///< InspectedDump::is_unique
};

/// What was found when a file was read to its end.
struct JudgedFile {
    std::string stamp;
    BackupStatus status = BackupStatus::unknown;
    std::string error;
    std::shared_ptr<const InspectedDump> inspected;  ///< null: the state has it, or nobody
    std::optional<DumpMarks> marks{};                ///< of a whole one; KnownFiles makes them
    Instant at;
    Kinship kinship = Kinship::undecided;
    std::string reason;  ///< of another database's
    bool is_kept = false;
    std::uint64_t revision = 0;   ///< another one whenever what is to be kept of it changes
    bool is_tried_again = false;  ///< for what may be otherwise the next time; never kept
    std::size_t held_bytes = 0;   ///< of `inspected`, about
    std::size_t kept_bytes = 0;   ///< of its text in the state
    bool is_too_long = false;     ///< the state has the short one alone

    /// A whole one that has to be read again when it is needed.
    bool is_let_go() const { return is_too_long && !inspected; }
};

/// The files of a folder as far as they were read, in this process or an earlier one, and which of
/// them are of the set's database. What a drill needs of a whole one is let go once the state has
/// it: of a year of dumps it would be more than fits into memory. Of those that are too long for
/// the state only the newest are held. For any thread.
class KnownFiles {
  public:
    /// `judge`: FileVerdict::judge of what is found from now on.
    explicit KnownFiles(std::string judge) : judge_(std::move(judge)) {}

    /// What is kept of earlier processes. What was read meanwhile is newer. Until then it is known
    /// of no file whether it is of this database.
    void recall(const std::vector<FileVerdict>& kept, Instant now);
    /// One of them, since together they may be more than fits into memory: before recall().
    void recall_one(const FileVerdict& verdict, Instant now);

    std::optional<JudgedFile> find(const std::string& name, const std::string& stamp) const;
    void add(const std::string& name, JudgedFile judged);
    /// Why one that was whole has to be read again, where that is no news; else empty.
    std::string why_again(const std::string& name, const std::string& stamp) const;
    /// What lies there now. Of a folder without any, which may be a mount that is away, nothing is
    /// forgotten.
    void forget_all_but(const std::vector<std::string>& there);

    /// What was found in a whole one, of which the state has `kept`. Null: that is nothing that
    /// could be read; then the file is read again.
    std::shared_ptr<const InspectedDump> content_of(const FileKey& file, std::string_view kept);

    /// Which are of another database, and so have failed; and which are copies of earlier ones, and
    /// so no newer than those, or may be.
    void decide(std::vector<ForeignDump>& oldest_first, Instant now);

    /// What is to be kept of the files called `from` or later, as far as it is written down at
    /// once; behind the last of them what is to be kept no longer. Of a whole one without its
    /// content it is to be kept with that of content_of().
    FileVerdictChange changes(Instant now, const std::string& from = {});
    void note_kept(const FileVerdictChange& change);
    /// Of what is in memory since it is not kept yet.
    std::size_t unkept_bytes() const;

    /// The newest whole dump, where it is another database's: as it is once somebody says that it
    /// is meant. None: it is not.
    std::optional<FileVerdict> acceptance(Instant now) const;
    void accept(const FileKey& file);

  private:
    /// The newest that was ever known to be of this database, there or gone.
    struct Reference {
        FileKey file;
        KinDump dump;
        DatedDump dated;
    };

    /// What is to be kept of it has changed.
    void touch(JudgedFile& judged);
    void set_since(JudgedFile& judged, std::optional<Instant> since);
    void remember_since(JudgedFile& judged, const JudgedFile& former);
    void inherit(JudgedFile& judged, const JudgedFile& former);
    void share_tables(JudgedFile& judged);
    void refer_to(const FileKey& file, const JudgedFile& own, Instant now);
    void date(std::vector<ForeignDump*>& whole);
    void let_go_of_older();
    FileVerdict verdict_of(const std::string& name, const JudgedFile& judged, Instant now) const;

    std::string judge_;
    mutable std::mutex mutex_;
    // Under the mutex:
    bool is_recalled_ = false;
    std::map<std::string, JudgedFile> judged_;
    std::map<FileKey, JudgedFile> former_;  ///< to be read again: its kinship and marks count
    std::set<FileKey> kept_;                ///< of all that is kept
    std::optional<FileKey> wanted_;         ///< whose content was asked for last
    std::set<std::string> there_;
    std::optional<Reference> reference_;
    KinTables newest_tables_;
    std::uint64_t newest_revision_ = 0;
};

}  // namespace backupwatch
