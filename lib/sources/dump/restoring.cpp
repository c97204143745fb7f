#include "sources/dump/restoring.hpp"

#include "async/pool.hpp"
#include "core/failure.hpp"
#include "core/text.hpp"
#include "postgres/connection.hpp"
#include "postgres/drill_fence.hpp"
#include "postgres/server_access.hpp"
#include "sources/dump/commands.hpp"
#include "sources/dump/file.hpp"
#include "sources/dump/instructions.hpp"
#include "sources/dump/restore_log.hpp"
#include "sources/dump/restore_plan.hpp"
#include "sources/dump/throttled.hpp"
#include "sources/dump/tool_failure.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::size_t most_role_notes = 5;
constexpr std::uint64_t most_of_toc = 1 << 30;
constexpr Duration query_limit = std::chrono::minutes(1);

bool says(const Exit& exit, std::string_view text) {
    return std::any_of(exit.last_lines.begin(), exit.last_lines.end(), [&](const auto& line) {
        return line.find(text) != std::string::npos;
    });
}

class Restoring {
  public:
    Restoring(
        const Manifest& manifest,
        const Sandbox& sandbox,
        Source::OnLoaded on_loaded,
        ProgressSink progress,
        Pool& pool
    )
        : manifest_(manifest),
          sandbox_(sandbox),
          access_(ServerAccess::to_sandbox(sandbox.cluster->conninfo("postgres"))),
          on_loaded_(std::move(on_loaded)),
          progress_(std::move(progress)),
          pool_(pool) {
        done_.phase = "restore";
        done_.tables_total = manifest.tables.size();
        for (const auto& table : manifest.tables) {
            tables_.emplace(table.dump_id, &table);
            done_.bytes_total += table.bytes;
        }
    }

    Task<Source::Restored> run() {
        co_await make_plan();
        restored_.missing = plan_.missing;
        if (!restored_.missing.empty()) co_return std::move(restored_);
        co_await create_database();
        co_await load_roles();
        co_await load_archive();
        co_return std::move(restored_);
    }

  private:
    Task<Exit> run_as_user(Command command) {
        command.directory = sandbox_.folder;
        command.user = sandbox_.user;
        command.fence = loader_fence(sandbox_.installation, sandbox_.folder, Machine::ours());
        auto running = run_process(std::move(command), sandbox_.limit);
        co_return co_await std::move(running);
    }

    Task<> make_plan() {
        const Secret conninfo = sandbox_.cluster->conninfo("postgres");
        auto server = co_await Connection::connect(conninfo, Connection::Settings(), query_limit);
        const QueryResult available = co_await server->query(
            "SELECT name FROM pg_catalog.pg_available_extensions", query_limit
        );
        std::set<std::string> installed;
        for (const auto& row : available.rows) installed.insert(row.at(0).value());
        major_ = server->server_version() / 10000;
        auto plan = [this, installed = std::move(installed)] {
            const auto toc = read_file(sandbox_.folder / "archive/toc.dat", most_of_toc);
            return plan_restore(parse_archive(toc), manifest_, installed, major_);
        };
        plan_ = co_await pool_.run(std::move(plan));
        restored_.left_out = plan_.left_out;
        for (const std::string& extension : plan_.left_out.extensions) {
            restored_.notes.push_back(
                {clean_line("extension " + extension), "not installed here, nothing depends on it"}
            );
        }
    }

    /// pg_restore's list of what it restores; empty where that is all.
    Task<std::filesystem::path> write_list() {
        if (plan_.left_out_entries.empty()) co_return std::filesystem::path();
        const auto path = sandbox_.folder / "restore.list";
        auto write = [this, path] {
            File::create(path, sandbox_.user).write(plan_.list);
            return true;
        };
        co_await pool_.run(std::move(write));
        co_return path;
    }

    Task<> create_database() {
        Manifest made_like = manifest_;
        Exit exit = co_await create_like(made_like);
        if (!exit.ok() && says(exit, "locale")) {
            const bool utf8 = manifest_.encoding == "UTF8";
            made_like.collate = made_like.ctype = utf8 ? "C.UTF-8" : "C";
            made_like.locale_provider = "c";
            exit = co_await create_like(made_like);
            restored_.notes.push_back({
                "locale " + manifest_.collate,
                "not installed here (install locales): restored with " + made_like.collate +
                    ", so texts sort otherwise",
            });
        }
        if (!exit.ok()) throw tool_failure("createdb", exit);
        restored_.commands =
            restore_commands(made_like, sandbox_.database, sandbox_.jobs, plan_.left_out_entries);
    }

    Task<Exit> create_like(const Manifest& made_like) {
        Command command = createdb(
            sandbox_.installation, access_, createdb_arguments(made_like), sandbox_.database
        );
        return run_as_user(std::move(command));
    }

    Task<> load_roles() {
        Command command =
            psql_file(sandbox_.installation, access_, sandbox_.folder / "globals.sql");
        command.on_error_line = [this](std::string_view line) {
            const auto error = line.find("ERROR:");
            // That a role exists already is no harm.
            if (error == std::string_view::npos || line.ends_with("already exists")) return;
            if (++role_notes_ > most_role_notes) return;
            restored_.notes.push_back({"globals.sql", std::string(line.substr(error))});
        };
        const Exit exit = co_await run_as_user(std::move(command));
        if (!exit.ok()) throw tool_failure("psql with globals.sql", exit);
    }

    Task<> load_archive() {
        const auto list = co_await write_list();
        RestoreLog log([this](int dump_id) { finished(dump_id); }, plan_.items, major_);
        Command command = pg_restore(
            sandbox_.installation,
            access_,
            sandbox_.database,
            sandbox_.jobs,
            list,
            sandbox_.folder / "archive"
        );
        command.on_error_line = [&log](std::string_view line) { log.add(line); };
        const Exit exit = co_await run_as_user(std::move(command));
        auto sorted = log.sorted(plan_.left_out.extensions);
        restored_.errors = std::move(sorted.damage);
        restored_.missing = std::move(sorted.missing);
        restored_.notes.insert(restored_.notes.end(), sorted.notes.begin(), sorted.notes.end());
        if (const auto failure = sandbox_failure(restored_.errors)) throw Failure(*failure);
        if (exit.signal) throw tool_failure("pg_restore", exit);
        // It ends with 1 where it ignored errors, which are then those that the log has.
        const bool said = says(exit, "errors ignored on restore");
        if (!exit.ok() && restored_.errors.empty() && !said) {
            restored_.errors.push_back("pg_restore failed: " + describe(exit));
        }
    }

    void finished(int dump_id) {
        const auto table = tables_.find(dump_id);
        if (table == tables_.end()) return;
        done_.tables_done += 1;
        done_.bytes_done += table->second->bytes;
        progress_(done_);
        on_loaded_(table->second->name);
    }

    const Manifest& manifest_;
    const Sandbox& sandbox_;
    ServerAccess access_;
    Source::OnLoaded on_loaded_;
    Throttled progress_;
    Pool& pool_;
    RestorePlan plan_;
    int major_ = 0;
    std::size_t role_notes_ = 0;
    Progress done_;
    std::map<int, const TableContent*> tables_;
    Source::Restored restored_;
};

}  // namespace

Task<Source::Restored> restore_dump(
    const Manifest& manifest,
    const Sandbox& sandbox,
    Source::OnLoaded on_loaded,
    ProgressSink progress,
    Pool& pool
) {
    Restoring restoring(manifest, sandbox, std::move(on_loaded), std::move(progress), pool);
    auto restored = co_await restoring.run();
    co_return restored;
}

}  // namespace backupwatch
