#pragma once
#include "core/backup/manifest.hpp"

#include <string>
#include <vector>

// The lists for pg_restore --use-list by which the dump of a project is restored by hand.
namespace backupwatch {

/// Beside a dump of an earlier version lies none that the commands of today read.
bool has_project_lists(const Manifest& manifest);

/// What a list says of an entry behind its number, for people: as pg_restore --list does.
struct ListedEntry {
    std::string kind;  ///< `TABLE DATA`
    std::string schema;
    std::string name;

    friend bool operator==(const ListedEntry&, const ListedEntry&) = default;
};
std::string in_list(const ListedEntry& entry, const std::string& owner);
/// `policy storage.prefixes own`, `extension plv8`.
std::string in_a_sentence(const ListedEntry& entry);

/// The commands that take them out of the lists that have them:
/// `sed -i.bak -e '/; TABLE DATA auth sessions [^ ]*$/d' rows.list`.
std::string take_out(const std::vector<ListedEntry>& entries);

}  // namespace backupwatch
