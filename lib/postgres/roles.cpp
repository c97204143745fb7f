#include "postgres/roles.hpp"

#include "core/failure.hpp"
#include "postgres/connection.hpp"

namespace backupwatch {

std::vector<std::string> create_roles(
    const std::set<std::string>& roles, const std::string& superuser
) {
    std::vector<std::string> statements;
    for (const std::string& role : roles) {
        const bool is_of_postgresql = role.starts_with("pg_") || role == "public";
        const bool is_no_name = role.empty() || role == "none" || role.find('\0') != role.npos;
        if (is_of_postgresql || is_no_name || role == superuser) continue;
        statements.push_back("CREATE ROLE " + quote_identifier(role) + " NOLOGIN");
    }
    return statements;
}

Task<std::vector<std::string>> make_roles(
    const Secret& conninfo,
    const std::set<std::string>& roles,
    const std::string& superuser,
    Duration limit
) {
    auto connection = co_await Connection::connect(conninfo, Connection::Settings(), limit);
    const QueryResult existing =
        co_await connection->query("SELECT rolname FROM pg_catalog.pg_roles", limit);
    std::set<std::string> wanted = roles;
    for (const auto& row : existing.rows) wanted.erase(row.at(0).value());
    std::vector<std::string> refused;
    for (const std::string& statement : create_roles(wanted, superuser)) {
        try {
            co_await connection->query(statement, limit);
        } catch (const Failure& failure) {
            if (failure.kind() != Failure::Kind::rejected) throw;
            refused.push_back(failure.what());
        }
    }
    co_return refused;
}

namespace {

/// Who restores, and what they may.
struct Restorer {
    std::string name;
    bool is_superuser = false;
    bool may_create_roles = false;
};

Task<Restorer> ask_who(Connection& connection, Duration limit) {
    const QueryResult found = co_await connection.query(
        "SELECT rolname, rolsuper, rolcreaterole FROM pg_catalog.pg_roles "
        "WHERE rolname = current_user",
        limit
    );
    const auto& row = found.rows.at(0);
    Restorer restorer;
    restorer.name = row.at(0).value();
    restorer.is_superuser = row.at(1) == "t";
    restorer.may_create_roles = restorer.is_superuser || row.at(2) == "t";
    co_return restorer;
}

std::string all_statements(const std::vector<std::string>& statements) {
    std::string text;
    for (const std::string& statement : statements) text += statement + "; ";
    return text;
}

/// Roles that exist and to which this role may give nothing.
Task<std::vector<std::string>> out_of_reach(
    Connection& connection, const std::set<std::string>& owners, Duration limit
) {
    const QueryResult found = co_await connection.query(
        "SELECT rolname FROM pg_catalog.pg_roles "
        "WHERE NOT pg_catalog.pg_has_role(current_user, oid, 'MEMBER') ORDER BY rolname",
        limit
    );
    std::vector<std::string> names;
    for (const auto& row : found.rows) {
        if (owners.contains(row.at(0).value())) names.push_back(row.at(0).value());
    }
    co_return names;
}

Task<std::vector<std::string>> own_grants(
    Connection& connection, const std::set<std::string>& owners, Duration limit
) {
    const QueryResult found = co_await connection.query(
        "SELECT DISTINCT r.rolname FROM pg_catalog.pg_auth_members m "
        "JOIN pg_catalog.pg_roles r ON r.oid = m.roleid "
        "JOIN pg_catalog.pg_roles own ON own.oid = m.member AND own.oid = m.grantor "
        "WHERE own.rolname = current_user ORDER BY 1",
        limit
    );
    std::vector<std::string> names;
    for (const auto& row : found.rows) {
        if (owners.contains(row.at(0).value())) names.push_back(row.at(0).value());
    }
    co_return names;
}

Task<> require_membership(
    Connection& connection,
    const Restorer& restorer,
    const std::set<std::string>& owners,
    Duration limit
) {
    std::vector<std::string> grants;
    const auto beyond = co_await out_of_reach(connection, owners, limit);
    for (const std::string& role : beyond) {
        grants.push_back(
            "GRANT " + quote_identifier(role) + " TO " + quote_identifier(restorer.name)
        );
    }
    if (grants.empty()) co_return;
    throw Failure(
        Failure::Kind::denied,
        "\"" + restorer.name + "\" may not give what is restored to the roles that own it",
        "run: " + all_statements(grants) + "then restore again."
    );
}

}  // namespace

Task<SettledRoles> require_roles(
    const Secret& conninfo,
    const std::set<std::string>& roles,
    const std::set<std::string>& owners,
    Duration limit
) {
    auto connection = co_await Connection::connect(conninfo, Connection::Settings(), limit);
    const Restorer restorer = co_await ask_who(*connection, limit);
    const QueryResult existing =
        co_await connection->query("SELECT rolname FROM pg_catalog.pg_roles", limit);
    std::set<std::string> missing = roles;
    for (const auto& row : existing.rows) missing.erase(row.at(0).value());
    const std::vector<std::string> statements = create_roles(missing, restorer.name);
    if (!statements.empty() && !restorer.may_create_roles) {
        throw Failure(
            Failure::Kind::denied,
            "the backup needs roles that are not there, and \"" + restorer.name +
                "\" may not make them",
            "run: " + all_statements(statements) + "then restore again."
        );
    }
    // Before anything is made.
    if (!restorer.is_superuser) co_await require_membership(*connection, restorer, owners, limit);
    SettledRoles settled;
    settled.restorer = restorer.name;
    for (const std::string& role : missing) {
        const std::vector<std::string> create = create_roles({role}, restorer.name);
        if (create.empty()) continue;
        std::string sql = create.front();
        // At once: killed in between, it would leave one out of reach of the next restore.
        if (!restorer.is_superuser && owners.contains(role)) {
            sql += " ROLE " + quote_identifier(restorer.name);
        }
        co_await connection->query(std::move(sql), limit);
        settled.made.push_back(role);
    }
    if (!restorer.is_superuser) {
        settled.granted = co_await own_grants(*connection, owners, limit);
    }
    co_return settled;
}

Task<std::set<std::string>> roles_without_login(const Secret& conninfo, Duration limit) {
    auto connection = co_await Connection::connect(conninfo, Connection::Settings(), limit);
    const QueryResult found = co_await connection->query(
        "SELECT rolname FROM pg_catalog.pg_roles WHERE NOT rolcanlogin", limit
    );
    std::set<std::string> names;
    for (const auto& row : found.rows) names.insert(row.at(0).value());
    co_return names;
}

}  // namespace backupwatch
