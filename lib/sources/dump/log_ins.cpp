#include "sources/dump/log_ins.hpp"

#include "async/pool.hpp"
#include "core/text.hpp"
#include "postgres/roles.hpp"
#include "sources/dump/dumped_roles.hpp"
#include "sources/dump/file.hpp"
#include "sources/dump/loading.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::uint64_t most_of_globals = 1 << 30;
constexpr Duration log_ins_limit = std::chrono::minutes(1);

}  // namespace

Task<> tell_log_ins(
    Loading& loading, const Sandbox& sandbox, std::set<std::string> named, Pool& pool
) {
    auto read = [script = sandbox.folder / "globals.sql"] {
        return roles_that_log_in(read_file(script, most_of_globals));
    };
    std::set<std::string> wanted = co_await pool.run(std::move(read));
    std::erase_if(wanted, [&](const std::string& role) { return !named.contains(role); });
    if (wanted.empty()) co_return;
    const Secret conninfo = sandbox.server->conninfo("postgres");
    const std::set<std::string> silent = co_await roles_without_login(conninfo, log_ins_limit);
    auto& told = loading.restored.made_roles;
    for (const std::string& role : wanted) {
        const bool is_told = std::ranges::find(told, role) != told.end();
        if (is_told || !silent.contains(role)) continue;
        told.push_back(role);
        loading.restored.notes.push_back(
            {clean_line("role " + role), "could log in where the backup is of, and cannot here"}
        );
    }
}

}  // namespace backupwatch
