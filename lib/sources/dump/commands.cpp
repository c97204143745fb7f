#include "sources/dump/commands.hpp"

#include "postgres/connection.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace backupwatch {
namespace {

Command command(
    const Installation& programs,
    const char* name,
    const ServerAccess& server,
    std::vector<std::string> arguments
) {
    Command made;
    made.program = programs.bin / name;
    made.arguments = std::move(arguments);
    made.arguments.push_back("--no-password");
    made.environment = server.environment();
    return made;
}

/// Nobody who wrote a script can know it, nor read it of psql's arguments in a drill's fence.
std::string drawn_key() {
    std::random_device random;
    std::string key;
    while (key.size() < 32) key += std::to_string(random());
    return key;
}

/// As pg_dump writes it, of whatever name.
std::string connect_command(const std::string& database) {
    std::string name;
    for (const char c : database) {
        if (c == '\'' || c == '\\') name += '\\';
        name += c;
        if (c == '"') name += c;
    }
    return "\\connect -reuse-previous=on \"dbname='" + name + "'\"";
}

}  // namespace

Command pg_dump(
    const Installation& programs,
    const ServerAccess& server,
    const PgDumpOptions& options,
    const std::filesystem::path& folder
) {
    std::vector<std::string> arguments = {
        "--format=directory",
        "--compress=0",
        "--no-sync",
        "--jobs=" + std::to_string(options.jobs),
        "--snapshot=" + options.snapshot,
        "--lock-wait-timeout=" + std::to_string(options.lock_timeout.count()),
        "--file=archive",
        "--dbname=" + server.conninfo(options.database),
    };
    if (!options.encoding.empty()) arguments.push_back("--encoding=" + options.encoding);
    for (const auto& table : options.excluded) {
        arguments.push_back("--exclude-table=" + table);
    }
    for (const auto& schema : options.excluded_schemas) {
        arguments.push_back("--exclude-schema=" + quote_identifier(schema));
    }
    Command made = command(programs, "pg_dump", server, std::move(arguments));
    made.directory = folder;
    return made;
}

Command pg_dumpall(
    const Installation& programs,
    const ServerAccess& server,
    const std::string& database,
    const std::filesystem::path& folder
) {
    Command made = command(
        programs,
        "pg_dumpall",
        server,
        {"--roles-only",
         "--no-role-passwords",
         "--no-sync",
         "--file=globals.sql",
         "--database=" + database,
         "--dbname=" + server.conninfo()}
    );
    made.directory = folder;
    return made;
}

std::vector<std::string> createdb_arguments(const Manifest& manifest) {
    std::vector<std::string> arguments = {
        "--template=template0",
        "--encoding=" + manifest.encoding,
        "--lc-collate=" + manifest.collate,
        "--lc-ctype=" + manifest.ctype,
    };
    if (manifest.locale_provider == "i") {
        arguments.push_back("--locale-provider=icu");
        arguments.push_back("--icu-locale=" + manifest.icu_locale);
    } else if (manifest.locale_provider == "b") {
        arguments.push_back("--locale-provider=builtin");
        arguments.push_back("--builtin-locale=" + manifest.icu_locale);
    }
    return arguments;
}

Command createdb(
    const Installation& programs,
    const ServerAccess& server,
    std::vector<std::string> arguments,
    const std::string& database
) {
    arguments.push_back("--maintenance-db=" + server.conninfo("postgres"));
    arguments.push_back(database);
    return command(programs, "createdb", server, std::move(arguments));
}

Command restricted_psql(
    const Installation& programs,
    const ServerAccess& server,
    const std::vector<ForeignScript>& scripts
) {
    const std::string key = drawn_key();
    std::vector<std::string> arguments{
        "--no-psqlrc",
        "--quiet",
        "--echo-errors",
        "--set=VERBOSITY=verbose",
        "--dbname=" + server.conninfo(scripts.at(0).database)};
    for (const ForeignScript& script : scripts) {
        if (&script != &scripts.front()) {
            arguments.push_back("--command=\\unrestrict " + key);
            arguments.push_back("--command=" + connect_command(script.database));
        }
        arguments.push_back("--command=\\restrict " + key);
        arguments.push_back("--file=" + script.file.string());
    }
    return command(programs, "psql", server, std::move(arguments));
}

Command psql_in_one_transaction(
    const Installation& programs,
    const ServerAccess& server,
    const std::string& database,
    const std::vector<std::string>& scripts
) {
    std::vector<std::string> arguments{
        "--no-psqlrc",
        "--quiet",
        "--single-transaction",
        "--set=ON_ERROR_STOP=1",
        "--dbname=" + server.conninfo(database)};
    arguments.insert(arguments.end(), scripts.begin(), scripts.end());
    return command(programs, "psql", server, std::move(arguments));
}

Command pg_restore_to_script(
    const Installation& programs, const ServerAccess& server, std::vector<std::string> arguments
) {
    return command(programs, "pg_restore", server, std::move(arguments));
}

std::vector<std::string> pg_restore_arguments(int jobs) {
    if (jobs == one_after_another) return {"--no-tablespaces", "--verbose"};
    // Tablespaces are places on the disks of the source. Two jobs at least: with one, each table's
    // rows would be logged, and nobody would be told when they are in.
    return {"--jobs=" + std::to_string(std::max(2, jobs)), "--no-tablespaces", "--verbose"};
}

Command pg_restore(
    const Installation& programs,
    const ServerAccess& server,
    const std::string& database,
    int jobs,
    const std::filesystem::path& list,
    const std::filesystem::path& archive
) {
    auto arguments = pg_restore_arguments(jobs);
    if (!list.empty()) arguments.push_back("--use-list=" + list.string());
    arguments.push_back("--dbname=" + server.conninfo(database));
    arguments.push_back(archive.string());
    return command(programs, "pg_restore", server, std::move(arguments));
}

}  // namespace backupwatch
