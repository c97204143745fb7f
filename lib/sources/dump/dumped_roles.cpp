#include "sources/dump/dumped_roles.hpp"

#include "core/backup/identifier.hpp"
#include "postgres/supabase.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace backupwatch {
namespace {

constexpr const char* roles_query = R"sql(
SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls,
       NOT rolinherit, rolconnlimit, rolvaliduntil,
       pg_catalog.shobj_description(oid, 'pg_authid')
FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_' ORDER BY rolname COLLATE "C"
)sql";

/// In the order of the query.
constexpr std::array attribute_names{
    "SUPERUSER", "CREATEROLE", "CREATEDB", "LOGIN", "REPLICATION", "BYPASSRLS", "NOINHERIT"};

constexpr const char* settings_query = R"sql(
SELECT r.rolname, s.setdatabase <> 0, c.setting
FROM pg_catalog.pg_db_role_setting s LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) WITH ORDINALITY AS c(setting, place)
WHERE s.setdatabase = 0 OR s.setdatabase = (
    SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
ORDER BY r.rolname COLLATE "C" NULLS LAST, 2, c.place
)sql";

/// Since 16 each has more options, by which a member may inherit nothing.
constexpr const char* memberships_query = R"sql(
SELECT DISTINCT granted.rolname, member.rolname,
       CASE WHEN m.options ? 'inherit_option' THEN pg_catalog.format(
                ' WITH ADMIN %s, INHERIT %s, SET %s', m.options ->> 'admin_option',
                m.options ->> 'inherit_option', m.options ->> 'set_option')
            WHEN (m.options ->> 'admin_option')::bool THEN ' WITH ADMIN OPTION' ELSE '' END
FROM (SELECT roleid, member, pg_catalog.to_jsonb(a) AS options
      FROM pg_catalog.pg_auth_members a) AS m
JOIN pg_catalog.pg_roles granted ON granted.oid = m.roleid
JOIN pg_catalog.pg_roles member ON member.oid = m.member
WHERE member.rolname !~ '^pg_' ORDER BY 1, 2, 3
)sql";

/// 15.
constexpr int first_with_rights_on_parameters = 150000;
/// Of the bootstrap superuser, who has them all, nothing.
constexpr const char* parameter_rights_query = R"sql(
SELECT r.rolname, pg_catalog.format('GRANT %s ON PARAMETER %I TO %s%s;', a.privilege_type, p.parname,
           CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(r.rolname) END,
           CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM pg_catalog.pg_parameter_acl p
CROSS JOIN LATERAL pg_catalog.aclexplode(p.paracl) AS a
LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
WHERE a.grantee <> 10 AND (a.grantee = 0 OR r.oid IS NOT NULL) ORDER BY 1, 2
)sql";

/// What each new database lets everybody do, and this one does not; then what was given.
constexpr const char* database_rights_query = R"sql(
WITH held AS (
    SELECT a.grantee, a.privilege_type, a.is_grantable, d.datdba
    FROM pg_catalog.pg_database d CROSS JOIN LATERAL pg_catalog.aclexplode(
        coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) AS a
    WHERE d.datname = pg_catalog.current_database()),
usual AS (
    SELECT a.grantee, a.privilege_type
    FROM pg_catalog.aclexplode(pg_catalog.acldefault('d', 10)) AS a WHERE a.grantee = 0)
SELECT NULL, 'REVOKE ' || privilege_type || ' ON DATABASE :"database" FROM PUBLIC;'
FROM usual WHERE NOT EXISTS (
    SELECT FROM held WHERE held.grantee = 0 AND held.privilege_type = usual.privilege_type)
UNION ALL
SELECT r.rolname, pg_catalog.format('GRANT %s ON DATABASE :"database" TO %s%s;', privilege_type,
           CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(r.rolname) END,
           CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM held LEFT JOIN pg_catalog.pg_roles r ON r.oid = held.grantee
WHERE grantee <> datdba AND (grantee = 0 OR r.oid IS NOT NULL)
  AND (grantee, privilege_type) NOT IN (SELECT grantee, privilege_type FROM usual)
ORDER BY 2
)sql";

DumpedRole role_in(const std::vector<std::optional<std::string>>& row) {
    DumpedRole role;
    role.name = row.at(0).value();
    for (std::size_t i = 0; i < attribute_names.size(); ++i) {
        if (row.at(i + 1) == "t") role.attributes.emplace_back(attribute_names[i]);
    }
    const auto& limit = row.at(attribute_names.size() + 1);
    if (limit != "-1") role.attributes.push_back("CONNECTION LIMIT " + limit.value());
    const auto& until = row.at(attribute_names.size() + 2);
    if (until) role.attributes.push_back("VALID UNTIL " + quote_literal(*until));
    role.comment = row.at(attribute_names.size() + 3).value_or("");
    return role;
}

Task<> read_rights(
    DumpedRoles& found, Connection& connection, std::string query, bool on_database, Duration limit
) {
    const QueryResult rights = co_await connection.query(std::move(query), limit);
    for (const auto& row : rights.rows) {
        found.rights.push_back({row.at(0).value_or(""), on_database, row.at(1).value()});
    }
}

/// Those whose value is a list of names, each quoted as it needs.
bool is_list(std::string_view setting) {
    constexpr std::array lists{
        "local_preload_libraries",
        "search_path",
        "session_preload_libraries",
        "shared_preload_libraries",
        "temp_tablespaces",
        "unix_socket_directories"};
    return std::ranges::find(lists, setting) != lists.end();
}

/// `"$user", public` as `'$user', 'public'`: one may be empty, which no name is.
std::string as_literals(std::string_view names) {
    std::string literals;
    std::string name;
    bool is_quoted = false;
    const auto add = [&] {
        literals += (literals.empty() ? "" : ", ") + quote_literal(name);
        name.clear();
    };
    for (std::size_t i = 0; i < names.size(); ++i) {
        const char c = names[i];
        const bool is_doubled = is_quoted && c == '"' && i + 1 < names.size() && names[i + 1] == c;
        if (is_doubled) {
            name += c;
            ++i;
        } else if (c == '"') {
            is_quoted = !is_quoted;
        } else if (c == ',' && !is_quoted) {
            add();
        } else if (is_quoted || c != ' ') {
            name += c;
        }
    }
    add();
    return literals;
}

std::string statement_of(const RoleSetting& setting) {
    std::string statement = "ALTER ROLE ";
    if (setting.role.empty() && setting.is_in_database) {
        statement = "ALTER DATABASE :\"database\"";
    } else {
        statement += setting.role.empty() ? "ALL" : quote_identifier(setting.role);
        if (setting.is_in_database) statement += " IN DATABASE :\"database\"";
    }
    const std::string value =
        is_list(setting.name) ? as_literals(setting.value) : quote_literal(setting.value);
    return statement + " SET " + quote_identifier(setting.name) + " TO " + value + ";\n";
}

std::string statements_of(const DumpedRole& role) {
    const std::string name = quote_identifier(role.name);
    std::string statements = "CREATE ROLE " + name + ";\n";
    for (const std::string& attribute : role.attributes) {
        statements += "ALTER ROLE " + name + " WITH " + attribute + ";\n";
    }
    if (!role.comment.empty()) {
        statements += "COMMENT ON ROLE " + name + " IS " + quote_literal(role.comment) + ";\n";
    }
    return statements;
}

constexpr std::string_view when_in_database = "\\if :{?database}\n";

/// The script, of which each part has its place.
class Script {
  public:
    explicit Script(RolesOf server) : server_(server) {}

    void add(const DumpedRoles& all) {
        for (const DumpedRole& role : all.roles) {
            part_of(is_platforms(role.name), false) += statements_of(role);
        }
        for (const RoleSetting& setting : all.settings) {
            const bool is_kept = !is_platforms(setting.role) || is_users_setting(setting.name);
            part_of(!is_kept, setting.is_in_database) += statement_of(setting);
        }
        for (const Membership& one : all.memberships) {
            part_of(is_platforms(one.granted) && is_platforms(one.member), false) +=
                "GRANT " + quote_identifier(one.granted) + " TO " + quote_identifier(one.member) +
                one.options + ";\n";
        }
        for (const ServerRight& right : all.rights) {
            part_of(is_platforms(right.role), right.is_on_database) += right.statement + "\n";
        }
    }

    std::string text() const {
        std::string text = "-- The roles, without their passwords, as pg_roles shows them.\n";
        if (!platforms_.empty()) {
            text +=
                "-- In a new project of Supabase's, which has the platform's: psql "
                "--set=in_project=1.\n\\if :{?in_project}\n\\else\n" +
                platforms_ + "\\endif\n";
        }
        text += users_;
        if (!databases_.empty()) {
            text += "-- What is set for the database itself: psql --set=database=NAME.\n" +
                    std::string(when_in_database) + databases_ + "\\endif\n";
        }
        return text;
    }

  private:
    bool is_platforms(std::string_view role) const {
        return server_ == RolesOf::supabase && is_platform_role(role);
    }
    std::string& part_of(bool is_platforms, bool is_in_database) {
        if (is_in_database) return is_platforms ? nowhere_ : databases_;
        return is_platforms ? platforms_ : users_;
    }

    RolesOf server_;
    std::string platforms_;
    std::string users_;
    std::string databases_;
    std::string nowhere_;  ///< the database of each project has what is the platform's
};

}  // namespace

Task<DumpedRoles> read_roles(Connection& connection, Duration limit) {
    DumpedRoles found;
    const QueryResult roles = co_await connection.query(roles_query, limit);
    for (const auto& row : roles.rows) found.roles.push_back(role_in(row));
    const QueryResult settings = co_await connection.query(settings_query, limit);
    for (const auto& row : settings.rows) {
        const std::string& text = row.at(2).value();
        const auto equals = text.find('=');
        if (equals == std::string::npos) continue;
        found.settings.push_back(
            {row.at(0).value_or(""),
             row.at(1) == "t",
             text.substr(0, equals),
             text.substr(equals + 1)}
        );
    }
    const QueryResult memberships = co_await connection.query(memberships_query, limit);
    for (const auto& row : memberships.rows) {
        found.memberships.push_back({row.at(0).value(), row.at(1).value(), row.at(2).value()});
    }
    if (connection.server_version() >= first_with_rights_on_parameters) {
        co_await read_rights(found, connection, parameter_rights_query, false, limit);
    }
    co_await read_rights(found, connection, database_rights_query, true, limit);
    co_return found;
}

std::string roles_script(const DumpedRoles& roles, RolesOf server) {
    Script script(server);
    script.add(roles);
    return script.text();
}

std::set<std::string> roles_that_log_in(std::string_view script) {
    constexpr std::string_view before = "ALTER ROLE ";
    constexpr std::string_view with = " WITH";
    std::set<std::string> roles;
    while (!script.empty()) {
        std::string_view line = script.substr(0, script.find('\n'));
        script.remove_prefix(std::min(line.size() + 1, script.size()));
        const auto at = line.rfind(with);
        if (!line.starts_with(before) || at == line.npos) continue;
        const std::string_view attributes = line.substr(at + with.size());
        const bool logs_in =
            attributes == " LOGIN;" || attributes.find(" LOGIN ") != attributes.npos;
        if (!logs_in) continue;
        line = line.substr(before.size(), at - before.size());
        roles.insert(identifier_parts(line).front());
    }
    return roles;
}

bool sets_database(std::string_view script) {
    return script.find(when_in_database) != std::string_view::npos;
}

}  // namespace backupwatch
