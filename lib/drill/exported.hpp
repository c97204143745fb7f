#pragma once
#include "async/task.hpp"
#include "core/backup/manifest.hpp"
#include "sources/source.hpp"

#include <string>
#include <vector>

namespace backupwatch {

/// Throws Failure::rejected, naming near ones, where a dump of ours has no table that a person can
/// mean by this: before it is restored for nothing. Pure.
void require_table(const Manifest& manifest, const std::string& table);

/// The tables that a person means, as a pattern of pg_dump each that fits nothing else: with all
/// its partitions, and what inherits from it. They write it as in SQL. Throws
/// Failure::rejected where there is none, naming near ones, or its rows are not to be had this way.
Task<std::vector<std::string>> tables_to_export(const Sandbox& sandbox, std::string table);

}  // namespace backupwatch
