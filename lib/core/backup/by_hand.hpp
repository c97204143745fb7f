#pragma once
#include "core/backup/manifest.hpp"

#include <string>
#include <vector>

namespace backupwatch {

/// How a person restores one backup into a new database, beside the one that is there, with nothing
/// but the programs of PostgreSQL and those of every system: lines for a shell, in order. The
/// server is the one that libpq's environment names.
struct ByHand {
    std::string database;  ///< its name in PostgreSQL
    std::string restored;  ///< of the new one
    int server_version = 0;
    std::vector<std::string> fetch;  ///< makes it readable, in a new folder, and goes there
    std::vector<std::string> load;
    /// `load` fills the database that a new project of Supabase's begins with: nothing is renamed,
    /// the application goes there instead.
    bool is_into_project = false;
    /// The lists beside it are an earlier version's: it has no lines, and `backupwatch restore`,
    /// which writes them anew, loads it.
    bool is_guided_only = false;
    std::vector<NotHeld> not_held{};  ///< what is to be put back by other means
};

/// Makes a folder that nobody else may look into, and goes there; its name is in `$folder`. What
/// follows is for nowhere else: it goes on only if the last did (each_if_the_last_did).
std::vector<std::string> in_new_folder();
/// Joined by `&&`, also where they are typed line by line.
std::vector<std::string> each_if_the_last_did(std::vector<std::string> commands);
/// `shop_restored`: as long as PostgreSQL allows.
std::string restored_name(const std::string& database);
/// `shop_before_20261122t030000z`: of the database whose place a restored one took.
std::string replaced_name(const std::string& database, const std::string& backup);

/// As SQL takes it for one identifier, and for one text.
std::string sql_name(const std::string& name);
std::string sql_text(const std::string& text);

/// Puts `incoming` in the place of `database`, which is kept as `outgoing`, closed: statements for
/// psql, each on one line, whoever is connected and whether `database` is there or not. The first
/// fails, with nothing done, where `incoming` is not there or `outgoing` is taken; the last does
/// all of its part or none, so that they may be run again. Read backwards (`outgoing` in the place
/// of `database`, which is kept as `incoming`) they are the way back.
std::vector<std::string> swap_statements(
    const std::string& database, const std::string& incoming, const std::string& outgoing
);
/// Nobody renames the database that they are in: where to be connected for it.
std::string swapped_from(const std::string& database);

}  // namespace backupwatch
