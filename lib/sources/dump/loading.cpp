#include "sources/dump/loading.hpp"

#include "async/pool.hpp"
#include "core/backup/drill_verdict.hpp"
#include "core/failure.hpp"
#include "core/text.hpp"
#include "postgres/connection.hpp"
#include "postgres/drill_fence.hpp"
#include "postgres/roles.hpp"
#include "sources/dump/commands.hpp"
#include "sources/dump/file.hpp"
#include "sources/dump/restore_log.hpp"
#include "sources/dump/tool_failure.hpp"

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

constexpr Duration asking_limit = std::chrono::minutes(1);

/// In pg_restore's words, not in the server's, which may quote anything.
bool tells_of_a_dead_worker(const std::string& error) {
    return error.find("a worker process died unexpectedly") != std::string::npos &&
           error.find("ERROR:  ") == std::string::npos;
}

}  // namespace

bool says(const Exit& exit, std::string_view text) {
    return std::any_of(exit.last_lines.begin(), exit.last_lines.end(), [&](const auto& line) {
        return line.find(text) != std::string::npos;
    });
}

Loading::Loading(
    const Manifest& manifest,
    const Sandbox& sandbox,
    Source::OnLoaded on_loaded,
    ProgressSink progress,
    Pool& pool
)
    : manifest_(manifest),
      sandbox_(sandbox),
      access_(sandbox.server->access()),
      on_loaded_(std::move(on_loaded)),
      progress_(std::move(progress)),
      pool_(pool),
      made_like_(manifest) {
    done_.phase = "restore";
    done_.tables_total = manifest.tables.size();
    for (const auto& table : manifest.tables) {
        tables_.emplace(table.dump_id, &table);
        done_.bytes_total += table.bytes;
    }
}

Task<Exit> Loading::run(Command command) {
    command.directory = sandbox_.folder;
    command.user = sandbox_.user;
    // Of a server that stays, no fence: it is reached over a network, and only pg_restore runs, to
    // which a backup can say nothing but SQL.
    if (sandbox_.server->is_thrown_away()) {
        command.fence = loader_fence(sandbox_.installation, sandbox_.folder, Machine::ours());
    }
    auto running = run_process(std::move(command), sandbox_.limit);
    co_return co_await std::move(running);
}

Task<> Loading::ask_server(std::set<std::string>& installed) {
    const Secret conninfo = sandbox_.server->conninfo("postgres");
    auto server = co_await Connection::connect(conninfo, Connection::Settings(), asking_limit);
    const QueryResult available =
        co_await server->query("SELECT name FROM pg_catalog.pg_available_extensions", asking_limit);
    for (const auto& row : available.rows) installed.insert(row.at(0).value());
    major_ = server->server_version() / 10000;
}

Task<> Loading::plan(std::function<Archive()> read) {
    std::set<std::string> installed;
    co_await ask_server(installed);
    auto plan = [this, &read, &installed] {
        const Archive archive = read();
        roles_ = roles_in(archive);
        owners_ = owners_in(archive);
        return plan_restore(archive, manifest_, installed, major_);
    };
    plan_ = co_await pool_.run(plan);
    restored.missing = plan_.missing;
    restored.left_out = plan_.left_out;
    const bool stays = !sandbox_.server->is_thrown_away();
    for (const std::string& extension : plan_.left_out.extensions) {
        const bool is_platforms = plan_.platform_extensions.contains(extension);
        restored.notes.push_back({
            clean_line("extension " + extension),
            !is_platforms ? "not installed here, nothing depends on it"
            : stays       ? "left out, so that nothing acts outward for both databases"
                          : "made in no drill, so that nothing acts outward",
            is_platforms,
        });
    }
    if (!stays) co_return;
    for (const std::string& subscription : plan_.subscriptions) {
        restored.notes.push_back(
            {clean_line("subscription " + subscription),
             "left out: it would share the slot of the old database's"}
        );
    }
    restored.for_later = left_for_later(plan_);
}

Task<> Loading::run_sql(std::vector<std::string> statements, std::string trouble) {
    if (statements.empty()) co_return;
    const Secret conninfo = sandbox_.server->conninfo(sandbox_.database);
    auto server = co_await Connection::connect(conninfo, Connection::Settings(), asking_limit);
    for (const std::string& statement : statements) {
        try {
            co_await server->query(statement, sandbox_.limit);
        } catch (const Failure& failure) {
            if (!speaks_of_content(failure.kind())) throw;
            restored.errors.push_back(
                clean_line(trouble + ": " + statement) + ": " + failure.what()
            );
        }
    }
}

Task<> Loading::settle_roles() {
    co_await settle_roles(roles_, owners_);
}

Task<> Loading::settle_roles(std::set<std::string> roles, std::set<std::string> owners) {
    const Secret conninfo = sandbox_.server->conninfo("postgres");
    auto settling = require_roles(conninfo, roles, owners, asking_limit);
    const SettledRoles settled = co_await std::move(settling);
    restored.made_roles = settled.made;
    for (const std::string& role : settled.made) {
        restored.notes.push_back(
            {clean_line("role " + role), "was not there: made, without a log-in and a password"}
        );
    }
    for (const std::string& role : settled.granted) {
        restored.notes.push_back(
            {clean_line("role " + role),
             clean_line(
                 "who restored was made a member, to give it what it owns. To take that back: "
                 "REVOKE " +
                 quote_identifier(role) + " FROM " + quote_identifier(settled.restorer)
             )}
        );
    }
}

Task<> Loading::make_stubs() {
    co_await run_sql(plan_.stubs, "cannot prepare");
}

/// pg_restore's list of what it restores; empty where that is all.
Task<std::filesystem::path> Loading::write_list() {
    if (plan_.left_out_entries.empty()) co_return std::filesystem::path();
    const auto path = sandbox_.folder / "restore.list";
    auto write = [this, path] {
        File::create(path, sandbox_.user).write(plan_.list);
        return true;
    };
    co_await pool_.run(std::move(write));
    co_return path;
}

Task<> Loading::create_database() {
    if (sandbox_.make_database) {
        auto making = sandbox_.make_database(manifest_);
        co_await std::move(making);
        co_return;
    }
    Exit exit = co_await create_like();
    if (!exit.ok() && says(exit, "locale")) {
        const bool utf8 = manifest_.encoding == "UTF8";
        made_like_.collate = made_like_.ctype = utf8 ? "C.UTF-8" : "C";
        made_like_.locale_provider = "c";
        exit = co_await create_like();
        restored.notes.push_back({
            "locale " + manifest_.collate,
            "not installed here (install locales): restored with " + made_like_.collate +
                ", so texts sort otherwise",
        });
    }
    if (!exit.ok()) throw tool_failure("createdb", exit);
}

Task<Exit> Loading::create_like() {
    Command command =
        createdb(sandbox_.installation, access_, createdb_arguments(made_like_), sandbox_.database);
    return run(std::move(command));
}

/// To those roles that a platform let own what here only a superuser may, for as long as the
/// restore takes: each owner that is refused is an error, which workers may write into another's
/// line. Never on a server that stays.
Task<std::vector<std::string>> Loading::lend_superuser() {
    std::vector<std::string> roles;
    if (plan_.owners_like_superusers.empty() || !sandbox_.server->is_thrown_away()) {
        co_return roles;
    }
    const Secret conninfo = sandbox_.server->conninfo("postgres");
    auto server = co_await Connection::connect(conninfo, Connection::Settings(), asking_limit);
    const QueryResult others = co_await server->query(
        "SELECT rolname FROM pg_catalog.pg_roles WHERE NOT rolsuper", asking_limit
    );
    for (const auto& row : others.rows) {
        const std::string& role = row.at(0).value();
        if (!plan_.owners_like_superusers.contains(role)) continue;
        const std::string sql = "ALTER ROLE " + quote_identifier(role) + " SUPERUSER";
        co_await server->query(sql, asking_limit);
        roles.push_back(role);
    }
    co_return roles;
}

Task<> Loading::take_back(std::vector<std::string> roles) {
    if (roles.empty()) co_return;
    const Secret conninfo = sandbox_.server->conninfo("postgres");
    auto server = co_await Connection::connect(conninfo, Connection::Settings(), asking_limit);
    for (const std::string& role : roles) {
        const std::string sql = "ALTER ROLE " + quote_identifier(role) + " NOSUPERUSER";
        co_await server->query(sql, asking_limit);
    }
}

Task<> Loading::load_archive(const std::filesystem::path& archive, int jobs) {
    const auto list = co_await write_list();
    const auto lent = co_await lend_superuser();
    RestoreLog log([this](int dump_id) { finished(dump_id); }, plan_.items, major_);
    Command command =
        pg_restore(sandbox_.installation, access_, sandbox_.database, jobs, list, archive);
    if (!sandbox_.server->is_thrown_away()) {
        // It would have the slot of the old database's, which goes when somebody drops it.
        command.arguments.insert(command.arguments.begin(), "--no-subscriptions");
    }
    command.on_error_line = [&log](std::string_view line) { log.add(line); };
    const Exit exit = co_await run(std::move(command));
    co_await take_back(lent);
    auto sorted = log.sorted(plan_.left_out.extensions);
    restored.errors.insert(restored.errors.end(), sorted.damage.begin(), sorted.damage.end());
    restored.missing = std::move(sorted.missing);
    restored.notes.insert(restored.notes.end(), sorted.notes.begin(), sorted.notes.end());
    if (const auto failure = sandbox_failure(restored.errors)) throw Failure(*failure);
    if (exit.signal) throw tool_failure("pg_restore", exit);
    // The same for a process that pg_restore made of itself: nothing was found in the dump by it.
    if (!restored.errors.empty() && std::ranges::all_of(restored.errors, tells_of_a_dead_worker)) {
        throw Failure(Failure::Kind::internal, "pg_restore failed: " + restored.errors.front());
    }
    add_lost(log.lost());
    // It ends with 1 where it ignored errors, which are then those that the log has.
    const bool said = says(exit, "errors ignored on restore");
    if (!exit.ok() && restored.errors.empty() && !said) {
        restored.errors.push_back("pg_restore failed: " + describe(exit));
    }
}

/// Errors that nobody could read prove no damage. But a server that stays keeps what it has, and
/// that is not told as restored.
void Loading::add_lost(std::string lost) {
    if (lost.empty()) return;
    const bool has_damage = !restored.errors.empty();
    // Nothing is proven by that either, and it says what to do.
    if (!has_damage && !restored.missing.empty()) return;
    if (!has_damage && sandbox_.server->is_thrown_away()) {
        throw Failure(
            Failure::Kind::internal,
            "cannot tell whether the dump can be restored: " + lost,
            "Lines mix by chance: try it again."
        );
    }
    restored.errors.push_back(std::move(lost));
}

void Loading::finished(int dump_id) {
    const auto table = tables_.find(dump_id);
    if (table == tables_.end()) return;
    done_.tables_done += 1;
    done_.bytes_done += table->second->bytes;
    progress_(done_);
    on_loaded_(table->second->name);
}

void Loading::all_loaded() {
    done_.tables_done = done_.tables_total;
    done_.bytes_done = done_.bytes_total;
    progress_(done_);
    for (const TableContent& table : manifest_.tables) {
        if (!restored.left_out.tables.contains(table.name)) on_loaded_(table.name);
    }
}

}  // namespace backupwatch
