#pragma once
#include "core/backup/project_content.hpp"
#include "core/backup/project_tables.hpp"
#include "core/time/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// What a restore writes as the comment of its database, so that the next one knows what it finds.
struct RestoreMark {
    enum class State {
        begun,   ///< and, where no restore runs, interrupted
        loaded,  ///< a project, as a whole: and, where no restore runs, never verified to its end
        ended,   ///< verified to its end; a person decides what becomes of it
    };
    State state = State::begun;
    Instant at;
    std::string backup;          ///< `shop/nightly 20261122T030000Z`
    bool is_of_project = false;  ///< of a project of Supabase's, which nobody drops
};
std::string to_text(const RestoreMark& mark);
/// Nothing for any other comment.
std::optional<RestoreMark> parse_restore_mark(std::string_view comment);

/// Which database it is, however it is reached: its server's system identifier, and its name there.
struct DatabaseIdentity {
    std::string watched_as;         ///< the configuration's name of it
    std::string system_identifier;  ///< empty: it could not be asked
    std::string name;
    bool is_same_address = false;   ///< its URL says the very server and database
    bool is_other_project = false;  ///< its URL says another project of Supabase's
};

/// What is known of where a backup is to be restored, before anything is done there.
struct TargetFacts {
    /// As it was found; none: there is no database of that name.
    struct Database {
        bool is_empty = false;
        std::string comment;
        std::string encoding;
        int sessions = 0;             ///< in it, that are none of a restore
        int sessions_of_restore = 0;  ///< in it, that an earlier or another one has there
        bool is_anothers = false;     ///< its owner's, whom the role that restores is no member of
        /// It is laid out as a project of Supabase's; `sessions` are then those at work in it, but
        /// for the platform's own.
        std::optional<ProjectContent> project{};
    };

    std::string place;  ///< HOST/DBNAME, HOST:PORT/DBNAME: what is confirmed
    std::string name;   ///< of the database, on that server
    std::string system_identifier;
    int server_version = 0;  ///< 150020
    bool is_standby = false;
    std::string role;           ///< that restores
    bool is_superuser = false;  ///< that role
    bool may_create = false;    ///< databases
    bool may_create_roles = false;
    bool is_under_way = false;  ///< another restore into it
    std::optional<Database> database;

    std::string backup;                          ///< `shop/nightly 20261122T030000Z`
    int backup_version = 0;                      ///< of the server that it is of
    std::string encoding;                        ///< of the database that it is of
    ProjectNeeds needs{};                        ///< what it asks a project for
    std::vector<ExtensionVersion> extensions{};  ///< that it makes
    bool has_project_lists = true;               ///< has_project_lists() of it
    std::optional<bool> is_backup_of_project{};  ///< none: it is for whatever backup
    /// Every database that is watched, and the one that the backup is of.
    std::vector<DatabaseIdentity> watched;
};

struct TargetDecision {
    enum class Step {
        create,        ///< there is none: it is made
        fill,          ///< it is there, and empty
        begin_anew,    ///< an earlier restore was interrupted: it is dropped, and made again
        fill_project,  ///< it is a new project of Supabase's: loaded in one transaction
        /// An earlier restore has loaded this very backup into the project: it is verified.
        verify_project,
        refuse,
    };
    static bool is_of_project(Step step) {
        return step == Step::fill_project || step == Step::verify_project;
    }
    Step step = Step::refuse;
    std::string sentence;  ///< what was found
    std::string hint;      ///< of a refusal: what to do
};

/// Whether a backup may be restored there. Only what is not there, what is empty, a new project,
/// and what an interrupted restore has left is ever written to; never one of the databases that are
/// watched. A project is neither made nor dropped.
TargetDecision decide_target(const TargetFacts& facts);

}  // namespace backupwatch
