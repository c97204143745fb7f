#pragma once
#include "postgres/archive.hpp"

#include <functional>
#include <set>
#include <string>

namespace backupwatch {

/// Those that the archive makes.
std::set<std::string> extensions_in(const Archive& archive);

/// What of an archive can be restored where some of its extensions are missing.
struct WithoutExtensions {
    std::set<std::string> needed;    ///< something in the archive depends on them
    std::set<int> needing;           ///< that: by dump_id, where the archive tells
    std::set<std::string> left_out;  ///< of those that are missing
    std::set<int> entries;           ///< by dump_id, that make these, or say something about them
};

/// Pure. What depends on what is as pg_dump recorded it: not what the text of a function names.
/// `has_rows(dump_id)` of TABLE DATA. Which extension a table of an extension belongs to is in no
/// archive: where one has rows, each missing extension is needed.
WithoutExtensions without_extensions(
    const Archive& archive,
    const std::set<std::string>& missing,
    const std::function<bool(int dump_id)>& has_rows
);

/// The entries that are about an object which some extension made, and not the archive: rights,
/// rows of its tables, values of its sequences. By dump_id.
std::set<int> entries_about_members(const Archive& archive);

/// What `pg_restore --use-list` reads to restore all entries but these.
std::string restore_list(const Archive& archive, const std::set<int>& left_out);

}  // namespace backupwatch
