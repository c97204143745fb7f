#pragma once
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace backupwatch {

/// A table whose rows stand in data.sql, and which schema.sql does not make.
struct UnmadeTable {
    std::string schema;                ///< unquoted
    std::string name;                  ///< unquoted
    std::vector<std::string> columns;  ///< unquoted, in the order of their rows
    std::set<std::string> keys;        ///< those that foreign keys of the user's tables point to

    friend bool operator==(const UnmadeTable&, const UnmadeTable&) = default;
};

/// What the files of `supabase db dump` need and do not make, since every project has it.
struct PlatformNeeds {
    std::set<std::string> schemas;
    std::vector<UnmadeTable> tables;
    std::set<std::pair<std::string, std::string>> sequences;  ///< schema and name
    std::set<std::string> publications;
    std::set<std::string> trusted_roles;  ///< that are named, and see every row in each project
};

/// Pure: the SQL that makes it, in order. Columns are texts, which take every value as it is
/// written, unless more is known of them.
std::vector<std::string> supabase_prelude(const PlatformNeeds& needs);

}  // namespace backupwatch
