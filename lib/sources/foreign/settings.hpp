#pragma once
#include "core/time/time.hpp"
#include "sources/set_settings.hpp"

#include <string>
#include <string_view>

namespace backupwatch {

/// Which of the files in a watched folder are dumps, and when they are complete.
struct ForeignFiles {
    /// Shell pattern of their names, or of the folders' that `pg_dump -Fd` makes. Empty: names that
    /// end as dumps do, and folders that have a table of contents.
    std::string pattern;
    Duration settle = std::chrono::minutes(1);  ///< unchanged for so long, one is complete
};

/// Endings without which, and without a pattern, a file is not taken for a dump.
inline constexpr std::string_view dump_endings[] = {
    ".dump",
    ".backup",
    ".pgdump",
    ".custom",
    ".tar",
    ".tar.gz",
    ".tar.zst",
    ".sql",
    ".sql.gz",
    ".sql.zst",
    ".dump.gz",
    ".dump.zst",
    ".gz",
    ".zst"};

/// The keys of a folder that is only watched.
void describe_foreign(Section& section, const SetSettings& set, ForeignFiles& files);

bool is_dump_name(const ForeignFiles& files, const std::string& name);

}  // namespace backupwatch
