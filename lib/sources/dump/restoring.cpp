#include "sources/dump/restoring.hpp"

#include "async/pool.hpp"
#include "core/words.hpp"
#include "sources/dump/commands.hpp"
#include "sources/dump/dumped_roles.hpp"
#include "sources/dump/file.hpp"
#include "sources/dump/instructions.hpp"
#include "sources/dump/loading.hpp"
#include "sources/dump/project_loading.hpp"
#include "sources/dump/tool_failure.hpp"

#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t most_of_roles = 1 << 30;
constexpr std::size_t most_role_notes = 5;
constexpr std::uint64_t most_of_toc = 1 << 30;

/// A time limit, or a library that is not here, would keep the drill from its work.
Task<> note_settings(Loading& loading, fs::path script, Pool& pool) {
    auto look = [script = std::move(script)] {
        return sets_database(read_file(script, most_of_roles));
    };
    const bool has_some = co_await pool.run(std::move(look));
    if (!has_some) co_return;
    loading.restored.notes.push_back(
        {"what is set for the database itself", "no drill sets it; globals.sql does, by hand"}
    );
}

Task<> load_roles(Loading& loading, const Sandbox& sandbox, Pool& pool) {
    const fs::path script = sandbox.folder / "globals.sql";
    co_await note_settings(loading, script, pool);
    Command command = psql_file(sandbox.installation, loading.access(), script);
    std::size_t seen = 0;
    command.on_error_line = [&](std::string_view line) {
        const auto error = line.find("ERROR:");
        // That a role exists already is no harm.
        if (error == std::string_view::npos || line.ends_with("already exists")) return;
        if (++seen > most_role_notes) return;
        loading.restored.notes.push_back({"globals.sql", std::string(line.substr(error))});
    };
    const Exit exit = co_await loading.run(std::move(command));
    if (!exit.ok()) throw tool_failure("psql with globals.sql", exit);
    if (seen > most_role_notes) {
        loading.restored.notes.push_back(
            {"globals.sql", counted(seen - most_role_notes, "more error")}
        );
    }
}

}  // namespace

Task<Source::Restored> restore_dump(
    const Manifest& manifest,
    const Sandbox& sandbox,
    Source::OnLoaded on_loaded,
    ProgressSink progress,
    Pool& pool
) {
    Loading loading(manifest, sandbox, std::move(on_loaded), std::move(progress), pool);
    if (sandbox.is_project()) {
        co_await load_project(loading, manifest, sandbox, pool);
        co_return std::move(loading.restored);
    }
    const auto archive = sandbox.folder / "archive";
    std::function<Archive()> read = [&] {
        return parse_archive(read_file(archive / "toc.dat", most_of_toc));
    };
    co_await loading.plan(std::move(read));
    if (!loading.restored.missing.empty()) co_return std::move(loading.restored);
    const bool stays = !sandbox.server->is_thrown_away();
    if (stays) co_await loading.settle_roles();
    co_await loading.create_database();
    loading.restored.commands = restore_commands(
        loading.made_like(),
        sandbox.database,
        sandbox.jobs,
        loading.left_out_entries(),
        loading.stubs()
    );
    // On a server that stays, it would change roles that others use.
    if (!stays) co_await load_roles(loading, sandbox, pool);
    co_await loading.make_stubs();
    co_await loading.load_archive(archive, sandbox.jobs);
    co_return std::move(loading.restored);
}

}  // namespace backupwatch
