#pragma once
#include "core/backup/manifest.hpp"
#include "postgres/programs.hpp"
#include "postgres/server_access.hpp"
#include "process/process.hpp"

#include <filesystem>
#include <string>
#include <vector>

// PostgreSQL's own programs as a dump and its restore call them. No password is ever an argument.
namespace backupwatch {

struct PgDumpOptions {
    std::string database;
    std::string snapshot;
    std::string encoding;  ///< of the archive
    int jobs = 2;
    Duration lock_timeout{};
    std::vector<std::string> excluded;          ///< patterns, each of one table
    std::vector<std::string> excluded_schemas;  ///< unquoted
};

/// Writes the directory-format archive `folder`/archive, uncompressed: we do that, in step.
Command pg_dump(
    const Installation& programs,
    const ServerAccess& server,
    const PgDumpOptions& options,
    const std::filesystem::path& folder
);
/// Writes the roles, without their passwords, to `folder`/globals.sql.
Command pg_dumpall(
    const Installation& programs,
    const ServerAccess& server,
    const std::string& database,
    const std::filesystem::path& folder
);

/// The arguments that make a database like the one that was dumped, by its manifest.
std::vector<std::string> createdb_arguments(const Manifest& manifest);
Command createdb(
    const Installation& programs,
    const ServerAccess& server,
    std::vector<std::string> arguments,
    const std::string& database
);
/// SQL of somebody else's, which is for one database.
struct ForeignScript {
    std::string database;
    std::filesystem::path file;
};
/// The scripts one after another, in psql's restricted mode, in which it runs no command that they
/// have for itself: a `\connect` may lead to any server of this machine that lets our user in. What
/// fails stops nothing, and is told with its SQLSTATE and its statement. A psql from before August
/// 2025 does not know `\restrict`, says so, and goes on without.
Command restricted_psql(
    const Installation& programs,
    const ServerAccess& server,
    const std::vector<ForeignScript>& scripts
);
/// The scripts in its folder one after another, as one transaction that the first error ends; what
/// begins with `-` is an argument of psql's own.
Command psql_in_one_transaction(
    const Installation& programs,
    const ServerAccess& server,
    const std::string& database,
    const std::vector<std::string>& scripts
);
/// Writes a script, without a server.
Command pg_restore_to_script(
    const Installation& programs, const ServerAccess& server, std::vector<std::string> arguments
);
/// Without jobs: of an archive that is read in one go.
constexpr int one_after_another = 0;
/// What a restore adds to pg_restore but where to and what: the runbook prints the same.
std::vector<std::string> pg_restore_arguments(int jobs);
/// Of the entries that `list` has; empty: of all.
Command pg_restore(
    const Installation& programs,
    const ServerAccess& server,
    const std::string& database,
    int jobs,
    const std::filesystem::path& list,
    const std::filesystem::path& archive
);

}  // namespace backupwatch
