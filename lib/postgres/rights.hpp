#pragma once
#include "async/task.hpp"
#include "core/failure.hpp"
#include "core/time/time.hpp"
#include "postgres/catalog.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace backupwatch {

class Connection;

/// What a dump by this role would not get to see.
struct Rights {
    std::string role;                     ///< quoted
    std::vector<std::string> unreadable;  ///< tables and sequences that it may not read, quoted
    std::vector<std::string> filtered;    ///< tables of which row-level security hides rows
    std::uint64_t large_objects = 0;      ///< how many it may not read; pg_dump takes them all

    bool sees_everything() const {
        return unreadable.empty() && filtered.empty() && large_objects == 0;
    }
};

/// Of these tables, and of every sequence that pg_dump takes outside of the schemas `left_out`.
Task<Rights> rights_on(
    Connection& connection,
    const std::vector<DumpedTable>& tables,
    Duration limit,
    const SchemaNames& left_out = {}
);

/// What that means to a dump (denied), and what to grant on a server of this version.
Failure hidden_rows(const Rights& rights, int server_version);

}  // namespace backupwatch
