#include "sources/foreign/restoring.hpp"

#include "core/failure.hpp"
#include "core/text.hpp"
#include "postgres/catalog.hpp"
#include "postgres/connection.hpp"
#include "postgres/roles.hpp"
#include "sources/dump/commands.hpp"
#include "sources/dump/instructions.hpp"
#include "sources/dump/loading.hpp"
#include "sources/dump/tool_failure.hpp"
#include "sources/foreign/fetching.hpp"
#include "sources/foreign/folder_archive.hpp"
#include "sources/foreign/psql_log.hpp"

#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr Duration statement_limit = std::chrono::minutes(1);
constexpr Duration copy_limit = std::chrono::hours(1);

/// What reads the file of the dump, for the commands that are shown: a pipe's first half, or
/// nothing.
std::string unpacking(Compression compression, const std::string& name) {
    switch (compression) {
        case Compression::zlib:
            return command_line("gzip -dc", {name}) + " | ";
        case Compression::zstd:
            return command_line("zstd -dc", {name}) + " | ";
        case Compression::none:
        case Compression::lz4:
            break;
    }
    return {};
}

/// A tar file is read in one go.
int jobs_of(const InspectedDump& dump, int jobs) {
    return dump.form == DumpForm::tar ? one_after_another : jobs;
}

/// `made_like`: the manifest, with what the database is made like.
std::vector<std::string> shown_commands(
    const fs::path& path,
    const InspectedDump& dump,
    const Manifest& made_like,
    const std::string& database,
    int jobs
) {
    const std::string pipe = unpacking(dump.compression, path);
    std::vector<std::string> commands;
    if (dump.makes_database.empty()) {
        auto create = createdb_arguments(made_like);
        create.push_back(database);
        commands.push_back(command_line("createdb", create));
    }
    const std::string target = "--dbname=" + (dump.makes_database.empty() ? database : "postgres");
    if (dump.form == DumpForm::plain) {
        std::vector<std::string> arguments = {"--no-psqlrc", "--quiet", target};
        if (pipe.empty()) arguments.push_back("--file=" + path.string());
        commands.push_back(pipe + command_line("psql", arguments));
        return commands;
    }
    auto arguments = pg_restore_arguments(jobs_of(dump, jobs));
    arguments.push_back(target);
    if (!pipe.empty()) commands.push_back(pipe + "cat > archive");
    arguments.push_back(pipe.empty() ? path.string() : "archive");
    commands.push_back(command_line("pg_restore", arguments));
    return commands;
}

/// The database that the file has made, under the name that is looked at.
Task<> take_over(const std::string& made, const Sandbox& sandbox, Source::Restored& restored) {
    const bool is_kept = made == "postgres";
    const Secret conninfo = sandbox.cluster->conninfo(is_kept ? "template1" : "postgres");
    auto server = co_await Connection::connect(conninfo, Connection::Settings(), statement_limit);
    const std::string sql =
        is_kept ? "CREATE DATABASE " + sandbox.database + " TEMPLATE postgres"
                : "ALTER DATABASE " + quote_identifier(made) + " RENAME TO " + sandbox.database;
    try {
        co_await server->query(sql, copy_limit);
    } catch (const Failure& failure) {
        if (failure.kind() != Failure::Kind::rejected) throw;
        restored.errors.push_back(
            "the database " + clean_line(made) + " was not made: " + failure.what()
        );
    }
}

Task<> make_the_roles(
    const std::set<std::string>& roles, const Sandbox& sandbox, Source::Restored& restored
) {
    if (roles.empty()) co_return;
    const Secret conninfo = sandbox.cluster->conninfo("postgres");
    auto making = make_roles(conninfo, roles, sandbox.cluster->superuser(), statement_limit);
    const std::vector<std::string> refused = co_await std::move(making);
    for (const std::string& role : refused) {
        restored.notes.push_back({clean_line("role " + role), "the server does not take its name"});
    }
}

Task<> load_sql(const InspectedDump& dump, const Sandbox& sandbox, Loading& loading) {
    PsqlLog log(sandbox.installation.major);
    Command command = psql_file(
        sandbox.installation,
        loading.access(),
        fetched_path(dump, sandbox),
        dump.makes_database.empty() ? sandbox.database : "postgres"
    );
    // The SQLSTATE, and the statement that failed.
    command.arguments.insert(
        command.arguments.begin(), {"--echo-errors", "--set=VERBOSITY=verbose"}
    );
    command.output = "/dev/null";
    command.on_error_line = [&log](std::string_view line) { log.add(line); };
    const Exit exit = co_await loading.run(std::move(command));
    auto sorted = log.sorted();
    auto& restored = loading.restored;
    restored.errors = std::move(sorted.damage);
    restored.missing = std::move(sorted.missing);
    restored.notes.insert(restored.notes.end(), sorted.notes.begin(), sorted.notes.end());
    // Where the database could not be made here, all that follows it failed, psql as well.
    // Nobody can tell those errors from damage then.
    if (!restored.missing.empty()) {
        restored.errors.clear();
        co_return;
    }
    if (const auto failure = sandbox_failure(restored.errors)) throw Failure(*failure);
    if (!exit.ok()) throw tool_failure("psql", exit);
}

}  // namespace

std::optional<ByHand> foreign_by_hand(const fs::path& path, const InspectedDump& dump) {
    constexpr int jobs = 2;
    const std::string& name = dump.manifest.database_name;
    if (!dump.makes_database.empty() || name.empty()) return std::nullopt;
    ByHand by_hand;
    by_hand.database = name;
    by_hand.restored = restored_name(name);
    by_hand.server_version = dump.manifest.server_version;
    by_hand.fetch = in_new_folder();
    by_hand.load = shown_commands(path, dump, dump.manifest, by_hand.restored, jobs);
    return by_hand;
}

Task<Source::Restored> restore_foreign(
    fs::path path,
    const InspectedDump& dump,
    const Sandbox& sandbox,
    Pool& pool,
    Source::OnLoaded on_loaded,
    ProgressSink progress
) {
    Loading loading(dump.manifest, sandbox, std::move(on_loaded), std::move(progress), pool);
    auto& restored = loading.restored;
    restored.notes = dump.unproven;
    for (const std::string& other : dump.other_databases) {
        restored.notes.push_back(
            {clean_line("database " + other),
             "it is in the file as well: restored, and not compared"}
        );
    }
    const fs::path fetched = fetched_path(dump, sandbox);
    auto roles = std::make_shared<std::set<std::string>>(dump.roles);
    if (dump.form != DumpForm::plain) {
        std::function<Archive()> read = [form = dump.form, fetched, roles] {
            Archive archive = read_archive_contents(fetched, form == DumpForm::tar);
            *roles = roles_in(archive);
            return archive;
        };
        co_await loading.plan(std::move(read));
        if (!restored.missing.empty()) co_return std::move(restored);
    }
    if (dump.makes_database.empty()) co_await loading.create_database();
    restored.commands =
        shown_commands(path, dump, loading.made_like(), sandbox.database, sandbox.jobs);
    co_await make_the_roles(*roles, sandbox, restored);
    if (dump.form != DumpForm::plain) {
        co_await loading.load_archive(fetched, jobs_of(dump, sandbox.jobs));
        co_return std::move(restored);
    }
    co_await load_sql(dump, sandbox, loading);
    if (!restored.missing.empty()) co_return std::move(restored);
    if (!dump.makes_database.empty()) {
        co_await take_over(dump.makes_database, sandbox, restored);
    }
    loading.all_loaded();
    co_return std::move(restored);
}

}  // namespace backupwatch
