#pragma once
#include "postgres/archive.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// The parts in which the archive of a Supabase project is restored into a new project, whose
/// roles, schemas, auth and storage are there already: each is a list for pg_restore --use-list.
struct ProjectLists {
    std::string structure;  ///< what is the user's, with what they put on the platform's tables
    std::string rows;       ///< loaded without triggers and foreign keys, as they stand
    std::string views;      ///< materialized ones, filled last
};

/// Pure.
ProjectLists project_lists(const Archive& archive);

inline constexpr std::string_view project_list_names[] = {
    "structure.list", "rows.list", "views.list"};

/// Arguments of the psql that makes the tables in a new project, before it does: what each project
/// gives to `anon` and others of whatever is made there would open again what the user had closed.
/// The dump gives back, at its end, what its source gave.
std::string without_default_rights();

/// The commands that do it, in a copy of the dump's folder, in the order of Supabase's own guide.
std::vector<std::string> project_commands();

}  // namespace backupwatch
