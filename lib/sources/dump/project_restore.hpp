#pragma once
#include "core/backup/left_out.hpp"
#include "core/backup/manifest.hpp"
#include "core/backup/verification.hpp"
#include "postgres/archive.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// The parts in which the archive of a Supabase project is restored into a new project, whose
/// roles, schemas, auth and storage are there already: each is a list for pg_restore --use-list,
/// which reads the numbers alone.
struct ProjectLists {
    std::string structure;      ///< what is the user's, with what they put on the platform's tables
    std::string rows;           ///< loaded without triggers and foreign keys, as they stand
    std::string large_objects;  ///< by a script of their own: see begins_or_ends()
    std::string views;          ///< materialized ones, filled last
};

/// Pure. Of tables without rows nothing is loaded: into some of the platform's, and of extensions',
/// a project's `postgres` may not write even that. Of `left_out` neither.
ProjectLists project_lists(
    const Archive& archive, const Manifest& manifest, const LeftOut& left_out = {}
);
/// What is in `structure`.
bool is_users_structure(const ArchiveEntry& entry);
/// The table of a queue, whose row-level security, or rights, the entry sets: its user's, who owns
/// what pgmq.create has made for them. As TableContent has it; empty: it is of something else.
std::string queue_table_of(const ArchiveEntry& entry);
/// Of a queue's table that the dump has the rights of alone, and not what closes it: it stays as
/// the project makes it. The other table of the queue may be dumped whole.
bool is_of_undumped_queue(const ArchiveEntry& entry, const Manifest& manifest);

inline constexpr std::string_view project_list_names[] = {
    "structure.list", "rows.list", "large_objects.list", "views.list"};

/// A line by which pg_restore makes large objects a transaction of their own, whose end would be
/// the end of the one that loads all: in their script nothing else is such a line, since what they
/// hold stands there in hexadecimal digits.
bool begins_or_ends(std::string_view line);

/// Of the archive what `structure` has, where nothing is given to an owner: for the roles in it.
Archive users_part(const Archive& archive, const Manifest& manifest);
/// Which no script makes: each would share the slot of the old database's.
std::vector<SkippedPart> left_out_subscriptions(const Archive& archive);

/// What must be in the project then: all but what is its own, whose structure may be another
/// version's; its user's triggers and policies there are in it, and the row-level security of
/// queues.
Manifest expected_in_project(Manifest manifest);

/// Arguments of the psql that makes the tables in a new project, before it does: what each project
/// gives to `anon` and others of whatever is made there would open again what the user had closed.
/// The dump gives back, at its end, what its source gave.
std::string without_default_rights();
std::vector<std::string> default_rights_statements();
/// What pg_restore writes each script with.
std::vector<std::string> script_arguments(const std::string& part);
inline constexpr const char* as_they_stand = "SET session_replication_role = replica";

/// The commands that do it, in a copy of the dump's folder, in the order of Supabase's own guide.
std::vector<std::string> project_commands(const Manifest& manifest);

}  // namespace backupwatch
