#include "core/backup/project_lists.hpp"
#include "core/backup/project_tables.hpp"
#include "core/failure.hpp"
#include "drill/project_survey.hpp"
#include "drill/target.hpp"
#include "postgres/catalog.hpp"
#include "postgres/connection.hpp"
#include "postgres/supabase.hpp"

#include <chrono>
#include <map>
#include <set>
#include <utility>

// What a restore finds where it is to go. Nothing of it changes anything.
namespace backupwatch {
namespace {

/// A server that is down is why a restore is wanted: it holds that up no longer.
constexpr Duration watched_limit = std::chrono::seconds(5);
/// What a killed restore was in the midst of ends within `client_connection_check_interval`.
constexpr Duration leaving_limit = std::chrono::seconds(10);

constexpr const char* server_query =
    "SELECT pg_catalog.pg_is_in_recovery(), r.rolcreatedb OR r.rolsuper, r.rolsuper, "
    "r.rolcreaterole OR r.rolsuper, r.rolname "
    "FROM pg_catalog.pg_roles r WHERE r.rolname = current_user";

constexpr const char* identity_query =
    "SELECT pg_catalog.current_database(), "
    "pg_catalog.has_function_privilege('pg_control_system()', 'EXECUTE')";

/// Whatever somebody has put there; what extensions made is none of it.
constexpr const char* content_query = R"sql(
SELECT (SELECT count(*) FROM pg_class o WHERE o.oid >= 16384 AND o.relkind NOT IN ('i', 't')
          AND o.relpersistence <> 't' AND NOT EXISTS (
            SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = o.oid
            AND d.deptype = 'e'))
     + (SELECT count(*) FROM pg_proc o WHERE o.oid >= 16384 AND NOT EXISTS (
            SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = o.oid
            AND d.deptype = 'e'))
     + (SELECT count(*) FROM pg_type o WHERE o.oid >= 16384 AND o.typtype IN ('e', 'd', 'r')
          AND NOT EXISTS (
            SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = o.oid
            AND d.deptype = 'e'))
     + (SELECT count(*) FROM pg_namespace o WHERE o.oid >= 16384 AND o.nspname NOT LIKE 'pg\_%'
          AND NOT EXISTS (
            SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass
            AND d.objid = o.oid AND d.deptype = 'e'))
     + (SELECT count(*) FROM pg_largeobject_metadata)
)sql";

const std::string from_restore = "application_name = 'backupwatch_restore'";
const std::string not_of_restore = "NOT coalesce(a." + from_restore + ", false)";

std::string of_database(const std::string& name) {
    return " FROM pg_catalog.pg_database d WHERE d.datname = " + quote_literal(name);
}

Task<DatabaseIdentity> identity_of(Connection& connection, Duration limit) {
    const QueryResult said = co_await connection.query(identity_query, limit);
    DatabaseIdentity identity;
    identity.name = said.rows.at(0).at(0).value();
    if (said.rows.at(0).at(1) != "t") co_return identity;
    const QueryResult control = co_await connection.query(
        "SELECT system_identifier FROM pg_catalog.pg_control_system()", limit
    );
    identity.system_identifier = control.single();
    co_return identity;
}

/// One that is down is known by its address.
Task<DatabaseIdentity> identity_of_watched(TargetDatabase::Watched watched) {
    DatabaseIdentity identity;
    try {
        const Connection::Settings read_only{{"default_transaction_read_only", "on"}};
        auto connection = co_await Connection::connect(watched.url, read_only, watched_limit);
        identity = co_await identity_of(*connection, watched_limit);
    } catch (const Failure&) {
    }
    identity.watched_as = watched.name;
    co_return identity;
}

/// Which of them it may be at all: of another name it is another database. A pooler may call it
/// otherwise, so that the one whose backup it is is always asked.
bool may_be(
    const TargetDatabase::Watched& watched, const Manifest& manifest, const std::string& name
) {
    if (watched.url.empty()) return false;
    if (watched.name == manifest.database) return true;
    try {
        const ConnectOptions options = effective_options(parse_conninfo(watched.url));
        const std::string* database = find_option(options, "dbname");
        return database != nullptr && *database == name;
    } catch (const Failure&) {
        return false;
    }
}

}  // namespace

Task<> TargetDatabase::look_at_database(TargetFacts& facts, Connection& server) const {
    facts.database.reset();
    std::string sql =
        "SELECT coalesce(pg_catalog.shobj_description(d.oid, 'pg_database'), ''), "
        "pg_catalog.pg_encoding_to_char(d.encoding), " +
        sessions_query(not_of_restore) + ", pg_catalog.pg_has_role(d.datdba, 'USAGE')" +
        of_database(server_.database());
    const QueryResult found = co_await server.query(std::move(sql), target_limit);
    if (found.rows.empty()) co_return;
    const auto& row = found.rows.front();
    TargetFacts::Database database;
    database.comment = row.at(0).value();
    database.encoding = row.at(1).value();
    database.sessions = std::stoi(row.at(2).value());
    database.is_anothers = row.at(3) != "t";
    if (!facts.is_under_way) co_await wait_for_sessions(database, server);
    co_await look_inside(database, server, facts);
    facts.database = std::move(database);
}

/// One that is neither there nor to be had would end the load.
Task<> TargetDatabase::look_for_extensions(
    ProjectContent& project, Connection& inside, std::vector<ExtensionVersion> extensions
) const {
    const QueryResult found = co_await inside.query(
        "SELECT 'to be had', name FROM pg_catalog.pg_available_extensions "
        "UNION ALL SELECT 'made', extname FROM pg_catalog.pg_extension "
        "UNION ALL SELECT 'schema', quote_ident(nspname) FROM pg_catalog.pg_namespace",
        target_limit
    );
    std::map<std::string, std::set<std::string>> known;
    for (const auto& row : found.rows) known[row.at(0).value()].insert(row.at(1).value());
    for (const ExtensionVersion& extension : extensions) {
        if (known["made"].contains(extension.name)) continue;
        // No script makes a schema of the platform's.
        const bool is_platforms = is_of_each_project(extension.schema);
        if (!known["to be had"].contains(extension.name)) {
            project.unavailable.push_back(extension.name);
        } else if (is_platforms && !known["schema"].contains(extension.schema)) {
            project.to_enable.push_back(extension.name);
        }
    }
}

/// Only the backup knows what of it needs that.
Task<> TargetDatabase::look_into_backup(ProjectContent& project) const {
    NeededPerhaps perhaps = needed_perhaps(project);
    const bool is_needless =
        perhaps.extensions.empty() && perhaps.absent.empty() && !perhaps.queue_tables;
    if (!ask_of_backup_ || is_needless) co_return;
    auto asking = ask_of_backup_(std::move(perhaps));
    ProjectFit fit = co_await std::move(asking);
    judge_fit(project, std::move(fit));
}

/// The session goes before anybody counts again.
Task<> TargetDatabase::look_inside(
    TargetFacts::Database& database, Connection& server, const TargetFacts& facts
) const {
    const Secret conninfo = server_.conninfo(server_.database());
    Connection::Settings settings = faithful_settings();
    settings.emplace_back("default_transaction_read_only", "on");
    auto inside = co_await Connection::connect(conninfo, settings, target_limit);
    const QueryResult content = co_await inside->query(content_query, target_limit);
    database.is_empty = content.single() == "0";
    database.project = co_await survey_project(*inside, facts.needs, target_limit);
    if (!database.project) co_return;
    co_await look_for_extensions(*database.project, *inside, facts.extensions);
    co_await look_into_backup(*database.project);
    const std::string at_work = "SELECT " +
                                sessions_query(not_of_restore + " AND " + is_at_work_in_project()) +
                                of_database(server_.database());
    const QueryResult sessions = co_await server.query(at_work, target_limit);
    database.sessions = sessions.rows.empty() ? 0 : std::stoi(sessions.single());
}

/// Who may not see what kind of session another role's is, sees none of a restore but their own. A
/// project has one database, where ours are as well.
std::string TargetDatabase::sessions_query(const std::string& which) const {
    return "(SELECT count(*) FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid "
           "AND coalesce(a.backend_type, 'client backend') = 'client backend' "
           "AND a.pid NOT IN (pg_catalog.pg_backend_pid(), " +
           held_pid_ + ") AND " + which + ")";
}

/// Also our own last look at it, which the server may be slow to forget.
Task<> TargetDatabase::wait_for_sessions(TargetFacts::Database& database, Connection& server)
    const {
    const std::string sql =
        "SELECT " + sessions_query("a." + from_restore) + of_database(server_.database());
    const auto until = std::chrono::steady_clock::now() + leaving_limit;
    for (;;) {
        const QueryResult found = co_await server.query(sql, target_limit);
        database.sessions_of_restore = found.rows.empty() ? 0 : std::stoi(found.single());
        if (database.sessions_of_restore == 0) co_return;
        if (std::chrono::steady_clock::now() > until) co_return;
        co_await a_moment();
    }
}

Task<TargetFacts> TargetDatabase::look(
    const Manifest& manifest, std::string backup, std::vector<Watched> watched
) {
    TargetFacts facts;
    facts.place = server_.place();
    facts.name = server_.database();
    facts.backup = std::move(backup);
    facts.backup_version = manifest.server_version;
    facts.encoding = manifest.encoding;
    facts.needs = project_needs(manifest);
    facts.has_project_lists = has_project_lists(manifest);
    facts.extensions = manifest.extensions;
    if (!facts.backup.empty()) facts.is_backup_of_project = manifest.is_of_supabase;
    auto server = co_await ask_server();
    facts.server_version = server->server_version();
    const QueryResult said = co_await server->query(server_query, target_limit);
    const auto& row = said.rows.at(0);
    facts.is_standby = row.at(0) == "t";
    facts.may_create = row.at(1) == "t";
    facts.is_superuser = row.at(2) == "t";
    facts.may_create_roles = row.at(3) == "t";
    facts.role = row.at(4).value();
    if (facts.is_superuser) server_.restores_as_superuser();
    const DatabaseIdentity server_identity = co_await identity_of(*server, target_limit);
    facts.system_identifier = server_identity.system_identifier;
    DatabaseIdentity of_backup;
    of_backup.watched_as = manifest.database;
    of_backup.system_identifier = manifest.system_identifier;
    of_backup.name = manifest.database_name;
    facts.watched.push_back(std::move(of_backup));
    for (const Watched& one : watched) {
        if (!may_be(one, manifest, server_.database())) continue;
        DatabaseIdentity known = co_await identity_of_watched(one);
        known.is_same_address = server_.is_same_address(one.url);
        known.is_other_project = server_.is_other_project(one.url);
        if (one.name == manifest.database) {
            facts.watched.front().is_other_project = known.is_other_project;
        }
        facts.watched.push_back(std::move(known));
    }
    if (!held_) {
        const bool is_free = co_await try_to_hold(*server);
        facts.is_under_way = !is_free;
        // A look takes some time, in which a restore that has lost its lock may need it.
        if (is_free)
            co_await server->query("SELECT pg_catalog.pg_advisory_unlock_all()", target_limit);
    }
    co_await look_at_database(facts, *server);
    is_project_ = facts.database && facts.database->project;
    co_return facts;
}

}  // namespace backupwatch
