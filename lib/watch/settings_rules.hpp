#pragma once
#include "watch/settings.hpp"

#include <string>
#include <string_view>

namespace backupwatch {

/// As a Section names what stands in a list: `databases.0.name`.
std::string path_of_item(std::string_view list, std::size_t index, std::string_view key);

/// Rules between keys: each complains to the section that describes what they are about.

/// `path` belongs to filesystem, `capacity` to database.
void check_disk_source(Section& section, const DiskSettings& disk);
void check_disk_thresholds(Section& section, const DiskSettings& disk);
/// Drills are rarer than `max_age` allows: it is raised where nobody wrote it, an error otherwise.
void settle_max_age(Section& section, BackupSetSettings& set);
void check_set_names(Section& section, const DatabaseSettings& database);
/// Dumps and disk by SQL log in.
void check_can_be_drilled(Section& section, const BackupSetSettings& set);
void check_disk_is_told(Section& section, const DatabaseSettings& database);
void check_url_where_needed(Section& section, const DatabaseSettings& database);
void check_database_names(Section& section, const Settings& settings);
/// No two of one name, and none with the URL of a database that is watched.
void check_restore_targets(Section& section, const Settings& settings);
/// No two sets in one folder, none within another or within work_dir, where all is thrown away.
void check_directories(Section& section, const Settings& settings);

}  // namespace backupwatch
