#pragma once
#include "core/backup/manifest.hpp"
#include "core/backup/restore_target.hpp"
#include "core/failure.hpp"
#include "notify/notifier.hpp"
#include "postgres/programs.hpp"
#include "postgres/rights.hpp"
#include "sources/source.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace backupwatch {

/// A folder that we will write into.
struct FolderFacts {
    std::filesystem::path path;
    bool exists = false;
    std::string obstacle;    ///< why it can't be written, or not be made; empty: it can
    std::uint64_t free = 0;  ///< bytes, on the volume where it is or will be
};

/// What of this machine matters to dumps and drills.
struct HostFacts {
    std::vector<Installation> installed;
    /// By the server's major: what CREATE EXTENSION finds. No entry: its folder was not found.
    std::map<int, std::set<std::string>> extensions;
    std::set<std::string> missing_locales;  ///< of those that the databases have
    FolderFacts state_dir;
    FolderFacts work_dir;
    /// On the way to the work folder, a folder that those whom a drill runs as may not pass
    /// through.
    std::optional<std::filesystem::path> closed_folder;
    std::vector<std::string> sandbox_gaps;  ///< what of a drill's fence cannot be had here
};

/// What was found out about one backup set.
struct SetFacts {
    std::string name;
    bool takes = false;
    bool drilled = false;
    std::optional<FolderFacts> directory;  ///< none: it does not lie on this host
    std::optional<Failure> listing;        ///< why its newest backup could not be looked at
    std::optional<Manifest> newest;        ///< of its newest complete backup
    std::uint64_t newest_size = 0;         ///< bytes, as it lies there
    std::string hook;                      ///< the program of `after_backup`, found; empty: none
    std::optional<Failure> hook_missing;   ///< why it could not be run
    std::vector<Access> accesses{};        ///< what its provider lets us read
    Source::Siblings siblings{};           ///< what its provider has beside it
    bool restores = true;                  ///< its backups can be fetched
    std::optional<Rights> rights;          ///< to the tables that it takes
    std::vector<HiddenRelation> not_dumped{};  ///< which it leaves out for want of a right
    std::optional<Failure> rights_untold;      ///< why they could not be asked for
};

/// What was found out about the disk of a database.
struct DiskFacts {
    std::string what;  ///< the volume of PATH, or: all databases of its server
    std::optional<std::uint64_t> used;
    std::optional<Failure> failure;  ///< why it cannot be measured; neither: nobody could log in
    bool is_told = false;            ///< by a provider, not measured
};

/// What was found out about one database.
struct DatabaseFacts {
    std::string name;
    bool has_url = false;
    bool on_pooler_port = false;     ///< 6543, where Supabase's transaction pooler listens
    std::optional<Failure> login;    ///< why nobody could log in
    std::optional<Failure> reading;  ///< what went wrong after that
    std::optional<Manifest>
        current;                  ///< what a dump taken now would say, sizes of tables for bytes
    bool tried_snapshot = false;  ///< where a set takes dumps
    std::optional<Failure> snapshot;  ///< why two sessions can't share one
    bool keeps_settings = true;       ///< a transaction pooler's sessions don't
    std::optional<DiskFacts> disk;    ///< none: it is not watched
    std::vector<SetFacts> sets;
};

/// What came of trying a notifier.
struct NotifierFacts {
    std::string name;
    TryOut tried;
};

/// What was found where `restore` may put a backup.
struct TargetLook {
    std::string name;
    std::optional<Failure> failure;  ///< why nobody could look
    TargetFacts facts{};
};

struct OnlineFacts {
    HostFacts host;
    std::vector<DatabaseFacts> databases;
    std::vector<TargetLook> targets;
    std::vector<NotifierFacts> notifiers;
    Instant now;  ///< when they were tried
};

}  // namespace backupwatch
