#pragma once
#include "async/task.hpp"
#include "core/time/time.hpp"
#include "postgres/catalog.hpp"

#include <string>
#include <vector>

namespace backupwatch {

class Connection;

/// What a dump by this role would not get to see.
struct Rights {
    std::string role;                     ///< quoted
    std::vector<std::string> unreadable;  ///< tables and sequences that it may not read, quoted
    std::vector<std::string> filtered;    ///< tables of which row-level security hides rows

    bool sees_everything() const { return unreadable.empty() && filtered.empty(); }
};

/// Of these tables, and of every sequence that pg_dump takes.
Task<Rights> rights_on(
    Connection& connection, const std::vector<DumpedTable>& tables, Duration limit
);

}  // namespace backupwatch
