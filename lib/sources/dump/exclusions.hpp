#pragma once
#include "postgres/catalog.hpp"

#include <string>
#include <vector>

namespace backupwatch {

/// Parts the tables by patterns (NamePattern): those that match any are the second. Throws
/// Failure::rejected for a pattern that matches nothing: pg_dump would say nothing, and whoever
/// wrote it believes that something is left out.
struct Partition {
    std::vector<DumpedTable> dumped;
    std::vector<DumpedTable> excluded;
};
Partition exclude(std::vector<DumpedTable> tables, const std::vector<std::string>& patterns);

/// What is left of the schema once these tables are not dumped: they go with their columns,
/// indexes, constraints, triggers, rules, policies, statistics and the sequences that they own.
std::vector<SchemaObject> without_tables(
    std::vector<SchemaObject> schema, const std::vector<DumpedTable>& excluded
);

/// Policies and triggers that go with the platform's bookkeeping among these tables. What is on a
/// table of an extension may be the extension's own.
std::vector<NotHeld> users_objects_on_bookkeeping(
    const std::vector<SchemaObject>& schema, const std::vector<DumpedTable>& excluded
);

/// Patterns by which pg_dump leaves out these very tables and the sequences that they own, which it
/// would dump without an owner. (A quoted name is a pattern that matches itself.)
std::vector<std::string> exclusion_patterns(
    const std::vector<SchemaObject>& schema, const std::vector<DumpedTable>& excluded
);

}  // namespace backupwatch
