#pragma once
#include "async/task.hpp"
#include "core/backup/backup.hpp"
#include "core/backup/by_hand.hpp"
#include "core/backup/left_out.hpp"
#include "core/backup/manifest.hpp"
#include "core/backup/project_lacks.hpp"
#include "core/backup/restore_errors.hpp"
#include "core/backup/shape.hpp"
#include "core/check/checks.hpp"
#include "core/failure.hpp"
#include "core/progress.hpp"
#include "core/secret.hpp"
#include "core/time/time.hpp"
#include "postgres/cluster.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// Where a backup is restored: a private folder and a running PostgreSQL.
struct Sandbox {
    std::filesystem::path folder;  ///< empty, 0700, belongs to `user`; the drill removes it
    const RestoreServer* server = nullptr;
    const Cluster* cluster = nullptr;  ///< the same, where it is thrown away
    std::string database;              ///< to create in it and load into
    Installation installation;         ///< whose pg_restore and psql load the backup
    std::optional<User> user;          ///< as root: whom they run as
    int jobs = 2;
    Duration limit{std::chrono::hours(1)};
    /// Makes the database, for a backup of which that is the manifest; none: createdb does. Called
    /// when nothing else is known that would keep it from being restored.
    std::function<Task<>(const Manifest&)> make_database{};
    /// The database is a new project of Supabase's: the backup is loaded in one transaction, whose
    /// last statement is what this gives, asked when that begins. None: it is none.
    std::function<std::string()> last_statement{};
    bool is_loaded = false;            ///< that project, already: nothing more is
    LeftOut left_out{};                ///< of a project: what it lacks, and nothing needs
    std::vector<SkippedPart> notes{};  ///< on that

    bool is_project() const { return static_cast<bool>(last_statement); }
};

/// Where a backup that was taken lies on this host.
struct BackupFiles {
    std::filesystem::path folder;
    std::filesystem::path manifest;
};

struct TakeRequest {
    std::string label;
    std::optional<Duration> keep;
    /// Hears of what a backup that failed has left, where it is not removed in time: it is gone
    /// later, or with the next start.
    std::function<void(const std::filesystem::path&)> on_left_behind{};
};

/// Something that a source may have to be let read, and whether it is.
struct Access {
    std::string what;     ///< as whoever grants it names it
    std::string purpose;  ///< what is read with it
    bool is_must = false;
    std::optional<Failure> failure;
};

/// One place where backups of a database lie. Long work ends when its coroutine is cancelled and
/// then leaves nothing behind, unless its disk does not let it within seconds.
class Source {
  public:
    virtual ~Source() = default;

    /// Where the provider shows these backups to people; empty: nowhere.
    virtual std::string provider_page() const { return {}; }

    /// What is there now. Throws Failure when it cannot be read: never an empty list instead.
    virtual Task<Inventory> list() = 0;

    /// What that backup holds, for the check `shape`; none: this source cannot tell. Throws Failure
    /// when it cannot be read.
    virtual Task<std::optional<Shape>> shape(const std::string&) { co_return std::nullopt; }

    /// Waits until all that lies there is read as far as list() needs it, or for `limit`: it may go
    /// no further while nobody waits.
    virtual Task<> catch_up(Duration, ProgressSink) { co_return; }

    /// Its newest backup is refused as another database's, and that is meant: takes it, and what
    /// comes after it, for this one's. Returns its id; empty: none is refused. Throws what the
    /// state throws, and then nothing is accepted.
    virtual Task<std::string> accept_other() { co_return std::string(); }

    /// What has changed for the worse there, as the last list() saw it, is meant: it stands from
    /// now on. Returns what that was, in sentences.
    virtual Task<std::vector<std::string>> accept_changes() {
        co_return std::vector<std::string>();
    }

    /// What it needs to be let read, tried one by one. Throws Failure where not even that can be.
    virtual Task<std::vector<Access>> accesses() { co_return std::vector<Access>(); }

    /// What its provider calls what it backs up, and all else of that kind that its owner has
    /// there; nothing: it has no provider. Throws Failure.
    struct Siblings {
        std::string own;
        std::vector<std::string> all;
    };
    virtual Task<Siblings> siblings() { co_return Siblings(); }

    /// Whether it tells how full the disk of the database is, which disk() does then. Throws
    /// Failure.
    virtual bool tells_disk() const { return false; }
    virtual Task<DiskWord> disk() {
        throw Failure(Failure::Kind::rejected, "this source tells nothing of a disk");
        co_return DiskWord();
    }

    /// Why this backup is restored into nothing but throw-away servers; empty: it may be. Throws
    /// Failure as manifest() does.
    virtual Task<std::string> unfit_to_stay(const std::string&) {
        co_return std::string("its source does not say that it may be");
    }

    /// What of this backup needs what a new project lacks. Throws Failure as manifest() does.
    virtual Task<ProjectFit> fit_for_project(std::string, NeededPerhaps perhaps) {
        co_return all_needed(perhaps);
    }

    /// Whether its backups can be fetched and restored here.
    virtual bool can_restore() const { return true; }
    virtual bool can_take() const = 0;
    /// Takes a backup now. Throws Failure; then nothing is left that lists as a backup.
    virtual Task<Backup> take(TakeRequest request, ProgressSink progress) = 0;

    /// Where what it took lies. Throws Failure::rejected for an id that is none, or where it lies
    /// elsewhere.
    virtual BackupFiles files(const std::string& id) const {
        throw Failure(Failure::Kind::rejected, "the files of " + id + " are not on this host");
    }

    /// How a person restores it without us; none: only the provider can, or nobody wrote it down.
    /// Throws what manifest() throws.
    virtual Task<std::optional<ByHand>> by_hand(const std::string&) { co_return std::nullopt; }

    /// How a person restores one that makes its databases itself, under their own names: into a new
    /// server, and never beside what is there. Empty: it does not. Throws what manifest() throws.
    virtual Task<std::vector<std::string>> into_new_server(const std::string&) {
        co_return std::vector<std::string>();
    }

    /// Removes these backups, oldest first, all that can be. Throws Failure for the first that
    /// could not.
    virtual Task<> remove(std::vector<std::string> ids) = 0;

    /// Removes what an earlier process left behind half done (partial folders, their processes).
    /// Throws Failure, at the latest after `clearing_limit`: the start waits for it.
    virtual Task<> clean_up() = 0;
    static constexpr Duration clearing_limit = std::chrono::seconds(30);

    /// What was in the database when this backup was taken. Throws Failure::corrupt when the
    /// backup is damaged, or is not one of this set's database.
    virtual Task<Manifest> manifest(const std::string& id) = 0;
    /// Makes the backup readable in the sandbox's folder, checking every byte of it on the way.
    virtual Task<> fetch(const std::string& id, const Sandbox& sandbox, ProgressSink progress) = 0;
    /// Loads what was fetched into the sandbox's server, with the commands that the runbook prints.
    /// `on_loaded(name)` hears of each table (TableContent::name) whose rows are in, so that
    /// checking them can begin while indexes are built.
    using OnLoaded = std::function<void(const std::string&)>;
    struct Restored {
        std::vector<std::string> errors;   ///< damage: the loader's own lines
        std::vector<SkippedPart> notes;    ///< what differs from the source, and harms no data
        std::vector<MissingHere> missing;  ///< what only another machine can tell
        LeftOut left_out;                  ///< what nothing needs; each has a note
        /// What has to be there, where that is not all that the manifest has: a project keeps what
        /// is its own.
        std::optional<Manifest> expected{};
        std::vector<std::string> commands;  ///< as a person would type them
        std::vector<LeftForLater> for_later;
        std::vector<std::string> made_roles;  ///< on a server that stays, perhaps earlier
    };
    virtual Task<Restored> restore(
        const Manifest& manifest, const Sandbox& sandbox, OnLoaded on_loaded, ProgressSink progress
    ) = 0;
};

}  // namespace backupwatch
