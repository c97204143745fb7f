#include "async/clock.hpp"
#include "core/failure.hpp"
#include "core/text.hpp"
#include "drill/target.hpp"
#include "postgres/connection.hpp"

#include <chrono>
#include <utility>

namespace backupwatch {
namespace {

/// A server that is down is why a restore is wanted: it holds that up no longer.
constexpr Duration watched_limit = std::chrono::seconds(5);
constexpr Duration making_limit = std::chrono::minutes(30);
constexpr Duration ending_limit = std::chrono::minutes(2);
/// A server that is begun again at the end of hours is worth a wait.
constexpr Duration marking_limit = std::chrono::minutes(5);
constexpr Duration between_marks = std::chrono::seconds(1);
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

/// Who may not see what kind of session another role's is, sees none of a restore but their own.
std::string sessions_query(const std::string& which) {
    return "(SELECT count(*) FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid "
           "AND coalesce(a.backend_type, 'client backend') = 'client backend' AND " +
           which + ")";
}

std::string of_database(const std::string& name) {
    return " FROM pg_catalog.pg_database d WHERE d.datname = " + quote_literal(name);
}

std::string database_query(const std::string& name) {
    return "SELECT coalesce(pg_catalog.shobj_description(d.oid, 'pg_database'), ''), "
           "pg_catalog.pg_encoding_to_char(d.encoding), " +
           sessions_query("NOT coalesce(a." + from_restore + ", false)") +
           ", pg_catalog.pg_has_role(d.datdba, 'USAGE')" + of_database(name);
}

/// As the source's was made.
std::string create_statement(const std::string& name, const Manifest& manifest) {
    std::string sql = "CREATE DATABASE " + quote_identifier(name) + " TEMPLATE template0";
    const auto add = [&sql](const char* option, const std::string& value) {
        if (!value.empty()) sql += std::string(" ") + option + " " + quote_literal(value);
    };
    add("ENCODING", manifest.encoding);
    add("LC_COLLATE", manifest.collate);
    add("LC_CTYPE", manifest.ctype);
    if (manifest.locale_provider == "i") {
        sql += " LOCALE_PROVIDER icu";
        add("ICU_LOCALE", manifest.icu_locale);
    } else if (manifest.locale_provider == "b") {
        sql += " LOCALE_PROVIDER builtin";
        add("BUILTIN_LOCALE", manifest.icu_locale);
    }
    return sql;
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

TargetDatabase::TargetDatabase(TargetServer& server, const Clock& clock)
    : server_(server), clock_(clock) {}

TargetDatabase::~TargetDatabase() = default;

Task<> TargetDatabase::look_at_database(TargetFacts& facts, Connection& server) const {
    facts.database.reset();
    std::string sql = database_query(server_.database());
    const QueryResult found = co_await server.query(std::move(sql), target_limit);
    if (found.rows.empty()) co_return;
    const auto& row = found.rows.front();
    TargetFacts::Database database;
    database.comment = row.at(0).value();
    database.encoding = row.at(1).value();
    database.sessions = std::stoi(row.at(2).value());
    database.is_anothers = row.at(3) != "t";
    if (!facts.is_under_way) co_await wait_for_sessions(database, server);
    const Secret conninfo = server_.conninfo(server_.database());
    const Connection::Settings read_only{{"default_transaction_read_only", "on"}};
    auto inside = co_await Connection::connect(conninfo, read_only, target_limit);
    const QueryResult content = co_await inside->query(content_query, target_limit);
    database.is_empty = content.single() == "0";
    facts.database = std::move(database);
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
    co_return facts;
}

/// First the sessions that the interrupted restore has left: nobody else is in it.
Task<> TargetDatabase::drop(Connection& server) const {
    const std::string left =
        " FROM pg_catalog.pg_stat_activity WHERE datname = " + quote_literal(server_.database()) +
        " AND " + from_restore + " AND pid <> pg_catalog.pg_backend_pid()";
    const std::string end = "SELECT count(pg_catalog.pg_terminate_backend(pid))" + left;
    const auto until = std::chrono::steady_clock::now() + ending_limit;
    for (;;) {
        const QueryResult ended = co_await server.query(end, target_limit);
        if (ended.single() == "0" || std::chrono::steady_clock::now() > until) break;
        co_await a_moment();
    }
    std::string sql = "DROP DATABASE " + quote_identifier(server_.database());
    co_await server.query(std::move(sql), making_limit);
}

Task<> TargetDatabase::mark(Connection& server, RestoreMark::State state, std::string backup)
    const {
    const RestoreMark mark{state, clock_.now(), std::move(backup)};
    std::string sql = "COMMENT ON DATABASE " + quote_identifier(server_.database()) + " IS " +
                      quote_literal(to_text(mark));
    co_await server.query(std::move(sql), target_limit);
}

Task<> TargetDatabase::make(const Manifest& manifest, TargetFacts facts) {
    auto server = co_await ask_server();
    // The backup was fetched meanwhile.
    co_await hold_on();
    co_await look_at_database(facts, *server);
    const TargetDecision decision = decide_target(facts);
    require_accepted(decision);
    co_await create(*server, manifest, decision.step);
    co_await mark(*server, RestoreMark::State::begun, facts.backup);
    left_ = LeftInPlace::unfinished;
    oid_ = co_await ask_oid(*server);
}

Task<> TargetDatabase::create(
    Connection& server, const Manifest& manifest, TargetDecision::Step step
) {
    const bool is_dropped = step == TargetDecision::Step::begin_anew;
    // Until it bears the mark, whatever becomes of the connection that makes it.
    if (!is_dropped) left_ = LeftInPlace::unmarked;
    if (step == TargetDecision::Step::fill) co_return;
    if (is_dropped) {
        left_ = LeftInPlace::unfinished;
        co_await drop(server);
        left_ = LeftInPlace::unmarked;
    }
    std::string sql = create_statement(server_.database(), manifest);
    try {
        co_await server.query(std::move(sql), making_limit);
    } catch (const Failure& failure) {
        const bool is_refused =
            failure.kind() == Failure::Kind::rejected || failure.kind() == Failure::Kind::denied;
        if (is_refused && !is_dropped) left_ = LeftInPlace::as_it_was;
        throw;
    }
}

Task<> TargetDatabase::try_to_mark_ended(std::string backup) {
    auto server = co_await ask_server();
    co_await hold_on();
    co_await require_own(*server);
    co_await mark(*server, RestoreMark::State::ended, std::move(backup));
}

Task<> TargetDatabase::mark_ended(std::string backup) {
    const auto until = std::chrono::steady_clock::now() + marking_limit;
    for (;;) {
        left_ = LeftInPlace::whole;
        std::optional<Failure> failed;
        try {
            co_await try_to_mark_ended(backup);
        } catch (const Failure& failure) {
            failed = failure;
        }
        if (!failed) co_return;
        const bool may_pass = failed->kind() == Failure::Kind::unreachable ||
                              failed->kind() == Failure::Kind::timeout;
        const bool is_late = std::chrono::steady_clock::now() > until;
        if (!may_pass || is_late) throw Failure(*failed);
        co_await a_moment(between_marks);
    }
}

}  // namespace backupwatch
