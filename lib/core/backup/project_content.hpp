#pragma once
#include "core/backup/left_out.hpp"
#include "core/backup/project_lists.hpp"

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace backupwatch {

/// What a database that is laid out as a project of Supabase's holds beside what each project has.
struct ProjectContent {
    struct Part {
        std::string kind;  ///< table, function, trigger, ...; `row in auth.users`
        std::size_t count = 0;
        std::vector<std::string> names{};  ///< the first of them; of rows none
        bool is_more = false;              ///< it was counted no further
    };
    std::vector<Part> found{};  ///< none, and none lacking: it is new
    /// What the backup has rows for, and nothing makes there.
    struct Absent {
        std::string table;     ///< as TableContent has it
        std::string column{};  ///< of it; empty: the table itself
    };
    std::vector<Absent> absent{};
    std::vector<std::string> unavailable{};  ///< extensions that the backup makes, and needs
    std::vector<ListedEntry> needing{};      ///< what of it needs them, or those to enable
    std::vector<ListedEntry> standing{};     ///< what of it stands on what is not there
    /// Without which nobody can tell, or load it: `INSERT on auth.users`.
    std::vector<std::string> lacking_rights{};
    /// What of the backup's it lacks, or has otherwise, where nothing is lost by it: each has a
    /// note.
    LeftOut left_out{};
    std::vector<SkippedPart> notes{};
    std::set<std::string> gone{};  ///< of the tables left out, those that are not there at all
    std::vector<Absent> gone_columns{};      ///< of the others
    std::set<std::string> lacking_queues{};  ///< tables for which the backup has more than rows
    std::optional<std::set<std::string>> queue_tables{};  ///< that are there; none: nobody asked
    /// Extensions that the backup makes in a schema of the platform's, which comes with them alone.
    std::vector<std::string> to_enable{};
};

}  // namespace backupwatch
