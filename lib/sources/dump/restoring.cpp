#include "sources/dump/restoring.hpp"

#include "core/failure.hpp"
#include "postgres/drill_fence.hpp"
#include "postgres/server_access.hpp"
#include "sources/dump/commands.hpp"
#include "sources/dump/instructions.hpp"
#include "sources/dump/restore_log.hpp"
#include "sources/dump/throttled.hpp"
#include "sources/dump/tool_failure.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::size_t most_role_notes = 5;

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
        ProgressSink progress
    )
        : manifest_(manifest),
          sandbox_(sandbox),
          access_(ServerAccess::to_sandbox(sandbox.cluster->conninfo("postgres"))),
          on_loaded_(std::move(on_loaded)),
          progress_(std::move(progress)) {
        done_.phase = "restore";
        done_.tables_total = manifest.tables.size();
        for (const auto& table : manifest.tables) {
            tables_.emplace(table.dump_id, &table);
            done_.bytes_total += table.bytes;
        }
    }

    Task<Source::Restored> run() {
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

    Task<> create_database() {
        Manifest made_like = manifest_;
        Exit exit = co_await create_like(made_like);
        if (!exit.ok() && says(exit, "locale")) {
            const bool utf8 = manifest_.encoding == "UTF8";
            made_like.collate = made_like.ctype = utf8 ? "C.UTF-8" : "C";
            made_like.locale_provider = "c";
            exit = co_await create_like(made_like);
            restored_.notes.push_back(
                "the locale " + manifest_.collate + " is not installed here: restored with " +
                made_like.collate + ", so texts sort otherwise"
            );
        }
        if (!exit.ok()) throw tool_failure("createdb", exit);
        restored_.commands = restore_commands(made_like, sandbox_.database, sandbox_.jobs);
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
            if (restored_.notes.size() >= most_role_notes) return;
            restored_.notes.push_back("globals.sql: " + std::string(line.substr(error)));
        };
        const Exit exit = co_await run_as_user(std::move(command));
        if (!exit.ok()) throw tool_failure("psql with globals.sql", exit);
    }

    Task<> load_archive() {
        RestoreLog log([this](int dump_id) { finished(dump_id); });
        Command command = pg_restore(
            sandbox_.installation,
            access_,
            sandbox_.database,
            sandbox_.jobs,
            sandbox_.folder / "archive"
        );
        command.on_error_line = [&log](std::string_view line) { log.add(line); };
        const Exit exit = co_await run_as_user(std::move(command));
        restored_.errors = log.errors();
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
    Progress done_;
    std::map<int, const TableContent*> tables_;
    Source::Restored restored_;
};

}  // namespace

Task<Source::Restored> restore_dump(
    const Manifest& manifest,
    const Sandbox& sandbox,
    Source::OnLoaded on_loaded,
    ProgressSink progress
) {
    Restoring restoring(manifest, sandbox, std::move(on_loaded), std::move(progress));
    auto restored = co_await restoring.run();
    co_return restored;
}

}  // namespace backupwatch
