#include "sources/foreign/restoring.hpp"

#include "core/failure.hpp"
#include "core/text.hpp"
#include "postgres/catalog.hpp"
#include "postgres/connection.hpp"
#include "postgres/roles.hpp"
#include "postgres/supabase.hpp"
#include "sources/dump/commands.hpp"
#include "sources/dump/instructions.hpp"
#include "sources/dump/loading.hpp"
#include "sources/dump/project_restore.hpp"
#include "sources/dump/tool_failure.hpp"
#include "sources/foreign/fetching.hpp"
#include "sources/foreign/folder_archive.hpp"
#include "sources/foreign/psql_log.hpp"
#include "sources/foreign/supabase_files.hpp"

#include <set>
#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr Duration statement_limit = std::chrono::minutes(1);
constexpr int jobs_by_hand = 2;
constexpr Duration copy_limit = std::chrono::hours(1);

constexpr const char* unfilled_query =
    "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c "
    "JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind = 'm' AND NOT c.relispopulated ORDER BY c.oid";

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

std::string psql_command(const fs::path& file, const std::string& database) {
    const std::string pipe = unpacking(compression_by_name(file), file);
    std::vector<std::string> arguments = {"--no-psqlrc", "--quiet", "--dbname=" + database};
    if (pipe.empty()) arguments.push_back("--file=" + file.string());
    return pipe + command_line("psql", arguments);
}

/// What no server has but the one that was dumped, or nothing. That one is there already is told,
/// and stops nothing that follows.
std::vector<std::string> role_commands(const std::set<std::string>& roles) {
    std::vector<std::string> lines{"%s\\n"};
    for (const std::string& statement : create_roles(roles, "")) {
        // Whoever wrote the file chose the names: one of two lines may end the block it stands in.
        if (statement.find_first_of("\r\n") == statement.npos) lines.push_back(statement + ";");
    }
    if (lines.size() == 1) return {};
    return {command_line("printf", lines) + " | psql --no-psqlrc --quiet --dbname=postgres"};
}

/// With the roles, which nobody has who has no project.
std::vector<std::string> supabase_commands(
    const fs::path& path, const InspectedDump& dump, const std::string& database
) {
    auto statements = create_roles(dump.roles, "");
    statements.insert(statements.end(), dump.prelude.begin(), dump.prelude.end());
    std::vector<std::string> commands;
    for (const std::string& statement : statements) {
        const std::vector<std::string> arguments{
            "--no-psqlrc", "--dbname=" + database, "--command=" + statement};
        commands.push_back(command_line("psql", arguments));
    }
    for (const std::string& name : supabase_order(dump.manifest.files)) {
        commands.push_back(psql_command(path / name, database));
    }
    return commands;
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
    if (dump.form != DumpForm::supabase) commands = role_commands(dump.roles);
    if (dump.makes_database.empty()) {
        auto create = createdb_arguments(made_like);
        create.push_back(database);
        commands.push_back(command_line("createdb", create));
    }
    if (dump.form == DumpForm::supabase) {
        const auto more = supabase_commands(path, dump, database);
        commands.insert(commands.end(), more.begin(), more.end());
        return commands;
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
    if (made == sandbox.database) co_return;
    const bool is_kept = made == "postgres";
    const Secret conninfo = sandbox.server->conninfo(is_kept ? "template1" : "postgres");
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
    const Secret conninfo = sandbox.server->conninfo("postgres");
    auto making = make_roles(conninfo, roles, sandbox.server->superuser(), statement_limit);
    const std::vector<std::string> refused = co_await std::move(making);
    for (const std::string& role : refused) {
        restored.notes.push_back({clean_line("role " + role), "the server does not take its name"});
    }
}

Task<Exit> run_psql(
    const std::vector<ForeignScript>& scripts,
    Loading& loading,
    const Sandbox& sandbox,
    PsqlLog& log
) {
    Command command = restricted_psql(sandbox.installation, loading.access(), scripts);
    command.output = "/dev/null";
    command.on_error_line = [&log](std::string_view line) { log.add(line); };
    const Exit exit = co_await loading.run(std::move(command));
    co_return exit;
}

std::set<std::string> platform_extension_names() {
    std::set<std::string> names;
    for (const PlatformExtension& extension : platform_extensions()) names.emplace(extension.name);
    return names;
}

/// Of materialized views, which `supabase db dump` never fills: one may be made of another that was
/// made before.
Task<std::vector<std::string>> refresh_statements(const Sandbox& sandbox) {
    const Secret conninfo = sandbox.server->conninfo(sandbox.database);
    auto server = co_await Connection::connect(conninfo, faithful_settings(), statement_limit);
    const QueryResult views = co_await server->query(unfilled_query, statement_limit);
    std::vector<std::string> statements;
    for (const auto& row : views.rows) {
        statements.push_back("REFRESH MATERIALIZED VIEW " + row.at(0).value());
    }
    co_return statements;
}

/// Of a plain file: its parts, so many to a psql as its arguments have room for.
std::vector<std::vector<ForeignScript>> sessions_of(
    const InspectedDump& dump, const fs::path& fetched, const std::string& target
) {
    constexpr std::size_t most_scripts = 100;
    std::vector<std::vector<ForeignScript>> sessions{{ForeignScript{target, fetched}}};
    for (std::size_t i = 0; i < dump.connects.size(); ++i) {
        if (sessions.back().size() == most_scripts) sessions.emplace_back();
        sessions.back().push_back({dump.connects[i], script_part(fetched, i + 1)});
    }
    return sessions;
}

/// Each session is a psql of its own, which reads its scripts one after another.
Task<> load_sql(
    std::vector<std::vector<ForeignScript>> sessions,
    const Sandbox& sandbox,
    Loading& loading,
    std::set<std::string> elsewhere = {}
) {
    PsqlLog log(sandbox.installation.major, std::move(elsewhere));
    Exit exit;
    for (const auto& scripts : sessions) {
        exit = co_await run_psql(scripts, loading, sandbox, log);
        if (!exit.ok()) break;
    }
    auto sorted = log.sorted();
    auto& restored = loading.restored;
    auto& errors = restored.errors;
    errors.insert(errors.end(), sorted.damage.begin(), sorted.damage.end());
    restored.missing = std::move(sorted.missing);
    restored.notes.insert(restored.notes.end(), sorted.notes.begin(), sorted.notes.end());
    // Where the database could not be made here, all that follows it failed, psql as well.
    // Nobody can tell those errors from damage then.
    if (!restored.missing.empty()) {
        errors.clear();
        co_return;
    }
    if (const auto failure = sandbox_failure(errors)) throw Failure(*failure);
    if (!exit.ok()) throw tool_failure("psql", exit);
}

/// What stands in for what every project has, its files in the order of their documentation, and
/// what they leave empty.
Task<> load_supabase(const InspectedDump& dump, const Sandbox& sandbox, Loading& loading) {
    co_await loading.run_sql(dump.prelude, "cannot prepare");
    if (!loading.restored.errors.empty()) co_return;
    std::vector<std::vector<ForeignScript>> sessions;
    for (const std::string& name : supabase_order(dump.manifest.files)) {
        const fs::path file = fetched_path(dump, sandbox) / unpacked_name(name);
        sessions.push_back({ForeignScript{sandbox.database, file}});
    }
    auto elsewhere = platform_extension_names();
    co_await load_sql(std::move(sessions), sandbox, loading, std::move(elsewhere));
    if (!loading.restored.missing.empty()) co_return;
    const auto refreshes = co_await refresh_statements(sandbox);
    co_await loading.run_sql(refreshes, "a materialized view stays empty");
}

/// Of the files of `supabase db dump`: into a new project, as Supabase documents it, and then what
/// they leave empty is filled.
ByHand project_by_hand(const fs::path& path, const InspectedDump& dump) {
    ByHand by_hand;
    // The database of each project.
    by_hand.database = by_hand.restored = "postgres";
    by_hand.server_version = dump.manifest.server_version;
    by_hand.is_into_project = true;
    by_hand.not_held = dump.manifest.not_held;
    by_hand.fetch = in_new_folder();
    const fs::path folder = dump.folder_at(path);
    for (const std::string& name : supabase_order(dump.manifest.files)) {
        const std::string pipe = unpacking(compression_by_name(name), folder / name);
        const std::string unpacked = unpacked_name(name);
        by_hand.fetch.push_back(
            pipe.empty() ? command_line("cp", {folder / name, "."}) : pipe + "cat > " + unpacked
        );
        // What the project refuses of them is told by name, and the rest is done.
        if (unpacked == "roles.sql") by_hand.load.emplace_back("psql --no-psqlrc --file=roles.sql");
    }
    by_hand.load.push_back(
        "psql --no-psqlrc --single-transaction --set=ON_ERROR_STOP=1 " + without_default_rights() +
        "--file=schema.sql "
        "--command='RESET ALL' --command='SET session_replication_role = replica' --file=data.sql"
    );
    by_hand.load.push_back(
        command_line(
            "echo",
            {"SELECT 'REFRESH MATERIALIZED VIEW ' || oid::regclass FROM pg_class "
             "WHERE relkind = 'm' AND NOT relispopulated ORDER BY oid \\gexec"}
        ) +
        " | psql --no-psqlrc --set=ON_ERROR_STOP=1"
    );
    return by_hand;
}

}  // namespace

std::vector<std::string> commands_for_new_server(const fs::path& path, const InspectedDump& dump) {
    if (dump.makes_database.empty()) return {};
    auto commands = in_new_folder();
    for (std::string& command : shown_commands(path, dump, dump.manifest, {}, jobs_by_hand)) {
        commands.push_back(std::move(command));
    }
    return commands;
}

std::optional<ByHand> foreign_by_hand(const fs::path& path, const InspectedDump& dump) {
    const bool is_of_known_version = dump.manifest.server_version > 0;
    if (dump.form == DumpForm::supabase && is_of_known_version) return project_by_hand(path, dump);
    // A stock server lacks what each project has, and a project has a part of it already.
    if (dump.manifest.is_of_supabase) return std::nullopt;
    const std::string& name = dump.manifest.database_name;
    if (!dump.makes_database.empty() || name.empty()) return std::nullopt;
    ByHand by_hand;
    by_hand.database = name;
    by_hand.restored = restored_name(name);
    by_hand.server_version = dump.manifest.server_version;
    by_hand.fetch = in_new_folder();
    by_hand.load = shown_commands(path, dump, dump.manifest, by_hand.restored, jobs_by_hand);
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
    if (dump.form == DumpForm::supabase) path = dump.folder_at(path);
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
    const bool is_archive = dump.form != DumpForm::plain && dump.form != DumpForm::supabase;
    if (is_archive) {
        std::function<Archive()> read = [form = dump.form, fetched, roles] {
            Archive archive = read_archive_contents(fetched, form == DumpForm::tar);
            *roles = roles_in(archive);
            return archive;
        };
        co_await loading.plan(std::move(read));
        if (!restored.missing.empty()) co_return std::move(restored);
    }
    const bool stays = !sandbox.server->is_thrown_away();
    if (stays && !is_archive) {
        throw Failure(Failure::Kind::internal, "SQL of others is for throw-away servers alone");
    }
    if (stays) co_await loading.settle_roles();
    if (dump.makes_database.empty()) co_await loading.create_database();
    restored.commands =
        shown_commands(path, dump, loading.made_like(), sandbox.database, sandbox.jobs);
    if (!stays) co_await make_the_roles(*roles, sandbox, restored);
    if (is_archive) {
        co_await loading.make_stubs();
        co_await loading.load_archive(fetched, jobs_of(dump, sandbox.jobs));
        co_return std::move(restored);
    }
    if (dump.form == DumpForm::supabase) {
        co_await load_supabase(dump, sandbox, loading);
    } else {
        const bool is_made = dump.makes_database.empty();
        const std::string target = is_made ? sandbox.database : "postgres";
        auto sessions = sessions_of(dump, fetched, target);
        co_await load_sql(std::move(sessions), sandbox, loading);
    }
    if (!restored.missing.empty()) co_return std::move(restored);
    if (!dump.makes_database.empty()) {
        co_await take_over(dump.makes_database, sandbox, restored);
    }
    loading.all_loaded();
    co_return std::move(restored);
}

}  // namespace backupwatch
