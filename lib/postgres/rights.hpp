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

/// A table or sequence of which a dump by this role would not get to see all.
struct HiddenRelation {
    std::string schema;  ///< unquoted
    std::string name;    ///< unquoted
    bool is_sequence = false;
    bool is_filtered = false;   ///< row-level security hides rows; else: it may not be read
    std::string extension{};    ///< whose member it is; empty: of none
    std::string owner_table{};  ///< of a sequence that numbers a column of it, quoted; else empty

    std::string quoted() const;
};

/// What a dump by this role would not get to see.
struct Rights {
    std::string role;  ///< quoted
    std::vector<HiddenRelation> hidden;
    std::uint64_t large_objects = 0;  ///< how many it may not read; pg_dump takes them all

    bool sees_everything() const { return hidden.empty() && large_objects == 0; }
};

/// Of these tables, and of every sequence that pg_dump takes with them outside of the schemas
/// `left_out`.
Task<Rights> rights_on(
    Connection& connection,
    const std::vector<DumpedTable>& tables,
    Duration limit,
    const SchemaNames& left_out = {}
);

/// What that means to a dump (denied), and what to grant on a server of this version.
Failure hidden_rows(const Rights& rights, int server_version);

/// What lets the role read on a server of this version.
std::string right_to_read(const std::string& role, int server_version);
/// What lets it see every row.
std::string right_to_every_row(const std::string& role);

}  // namespace backupwatch
