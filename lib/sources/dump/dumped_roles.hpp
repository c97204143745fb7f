#pragma once
#include "async/task.hpp"
#include "core/time/time.hpp"
#include "postgres/connection.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// A role of the source's server, but for its password.
struct DumpedRole {
    std::string name;
    std::vector<std::string> attributes{};  ///< that a new role has not: `LOGIN`
    std::string comment{};
};

/// What ALTER ROLE ... SET, or ALTER DATABASE ... SET, has set.
struct RoleSetting {
    std::string role;  ///< empty: of all
    bool is_in_database = false;
    std::string name;
    std::string value;  ///< as the catalog has it
};

/// `GRANT app TO authenticator`.
struct Membership {
    std::string granted;
    std::string member;
    std::string options{};  ///< ` WITH ADMIN OPTION`, or empty
};

/// A right on something that is the whole server's, or on the database itself.
struct ServerRight {
    std::string role;  ///< or empty: of all
    bool is_on_database = false;
    std::string statement;  ///< the database is `:"database"`, a variable of psql's
};

struct DumpedRoles {
    std::vector<DumpedRole> roles;
    std::vector<RoleSetting> settings;
    std::vector<Membership> memberships;
    std::vector<ServerRight> rights;
};

/// In the transaction of this connection, opened with faithful_settings().
Task<DumpedRoles> read_roles(Connection& connection, Duration limit);

/// On whose server the script may be run one day.
enum class RolesOf { any_server, supabase };

/// Pure: the script for psql that makes them. A statement for each attribute, since whoever is no
/// superuser may give some of them and not others, and one that is refused refuses all that it
/// says. With psql's variable `in_project`, without the platform's roles, which a new project of
/// Supabase's has; with `database`, also what is set for the database of that name.
std::string roles_script(const DumpedRoles& roles, RolesOf server);

/// Of such a script, or of one of an earlier version's, which pg_dumpall wrote.
std::set<std::string> roles_that_log_in(std::string_view script);

/// Whether such a script sets something for the database itself.
bool sets_database(std::string_view script);

}  // namespace backupwatch
