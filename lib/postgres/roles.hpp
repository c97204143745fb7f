#pragma once
#include "async/task.hpp"
#include "core/secret.hpp"
#include "core/time/time.hpp"
#include "postgres/role_names.hpp"

#include <set>
#include <string>
#include <vector>

namespace backupwatch {

/// Those of them (roles_in()) that can be made, as the statements that do: roles of PostgreSQL
/// itself (pg_*) and `superuser` are left out. They cannot log in, and have no right but those that
/// they are given.
std::vector<std::string> create_roles(
    const std::set<std::string>& roles, const std::string& superuser
);

/// Makes those that are not there yet in a throw-away cluster, before an archive is restored.
/// Returns the names that the server did not take: what they own or may do fails then by itself.
/// Throws Failure where the server cannot be asked.
Task<std::vector<std::string>> make_roles(
    const Secret& conninfo,
    const std::set<std::string>& roles,
    const std::string& superuser,
    Duration limit
);

/// What was done to the roles of a server that stays.
struct SettledRoles {
    std::vector<std::string> made;  ///< without a log-in or any right
    /// Owners that who restores is a member of by its own grant, as a restore makes it of those
    /// that it makes: this one, or one that was interrupted.
    std::vector<std::string> granted;
    std::string restorer;
};

/// On a server that stays: that all of these roles are there, and that who restores may give things
/// to `owners`. What is missing is made where it may be. Throws Failure::denied with the statements
/// that somebody else has to run.
Task<SettledRoles> require_roles(
    const Secret& conninfo,
    const std::set<std::string>& roles,
    const std::set<std::string>& owners,
    Duration limit
);

/// All of a server.
Task<std::set<std::string>> roles_without_login(const Secret& conninfo, Duration limit);

}  // namespace backupwatch
