#include "sources/dump/restoring.hpp"

#include "async/pool.hpp"
#include "core/words.hpp"
#include "postgres/connection.hpp"
#include "postgres/role_names.hpp"
#include "sources/dump/commands.hpp"
#include "sources/dump/dumped_roles.hpp"
#include "sources/dump/file.hpp"
#include "sources/dump/instructions.hpp"
#include "sources/dump/loading.hpp"
#include "sources/dump/log_ins.hpp"
#include "sources/dump/project_loading.hpp"
#include "sources/dump/role_statements.hpp"

#include <optional>
#include <set>
#include <string>
#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t most_of_roles = 256 << 20;
constexpr Duration role_limit = std::chrono::minutes(1);
constexpr std::size_t most_role_notes = 5;
constexpr std::uint64_t most_of_toc = 1 << 30;

struct RolesToMake {
    std::vector<std::string> statements;
    bool has_settings = false;  ///< for the database itself
};

/// Whether a role may be made is the server's to say: that one is there already is no harm.
Task<std::optional<std::string>> refusal_of(Connection& server, const std::string& statement) {
    try {
        co_await server.query(statement, role_limit);
    } catch (const Failure& failure) {
        if (!speaks_of_content(failure.kind())) throw;
        const std::string_view why = failure.what();
        if (!why.ends_with("already exists")) co_return std::string(why);
    }
    co_return std::nullopt;
}

Task<> load_roles(Loading& loading, const Sandbox& sandbox, Pool& pool) {
    auto read = [script = sandbox.folder / "globals.sql"] {
        const std::string text = read_file(script, most_of_roles);
        return RolesToMake{role_statements(text), sets_database(text)};
    };
    const RolesToMake roles = co_await pool.run(std::move(read));
    auto& notes = loading.restored.notes;
    if (roles.has_settings) {
        // A time limit, or a library that is not here, would keep the drill from its work.
        notes.push_back(
            {"what is set for the database itself", "no drill sets it; globals.sql does, by hand"}
        );
    }
    const Secret conninfo = sandbox.server->conninfo("postgres");
    auto server = co_await Connection::connect(conninfo, Connection::Settings(), role_limit);
    std::size_t seen = 0;
    for (const std::string& statement : roles.statements) {
        const auto refusal = co_await refusal_of(*server, statement);
        if (refusal && ++seen <= most_role_notes) notes.push_back({"globals.sql", *refusal});
    }
    if (seen > most_role_notes) {
        notes.push_back({"globals.sql", counted(seen - most_role_notes, "more error")});
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
    std::set<std::string> named;
    std::function<Archive()> read = [&] {
        Archive contents = parse_archive(read_file(archive / "toc.dat", most_of_toc));
        named = roles_in(contents);
        return contents;
    };
    co_await loading.plan(std::move(read));
    if (!loading.restored.missing.empty()) co_return std::move(loading.restored);
    const bool stays = !sandbox.server->is_thrown_away();
    if (stays) {
        co_await loading.settle_roles();
        co_await tell_log_ins(loading, sandbox, std::move(named), pool);
    }
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
