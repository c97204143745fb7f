#include "async/clock.hpp"
#include "core/failure.hpp"
#include "core/text.hpp"
#include "drill/target.hpp"
#include "postgres/connection.hpp"

#include <chrono>
#include <utility>

namespace backupwatch {
namespace {

constexpr Duration making_limit = std::chrono::minutes(30);
constexpr Duration ending_limit = std::chrono::minutes(2);
/// A server that is begun again at the end of hours is worth a wait.
constexpr Duration marking_limit = std::chrono::minutes(5);
constexpr Duration between_marks = std::chrono::seconds(1);

std::string comment_query(const std::string& name) {
    return "SELECT coalesce(pg_catalog.shobj_description(oid, 'pg_database'), '') "
           "FROM pg_catalog.pg_database WHERE datname = " +
           quote_literal(name);
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

/// Databases are alike, however they are made.
bool is_prepared_otherwise(TargetDecision::Step before, TargetDecision::Step now) {
    const bool is_any = TargetDecision::is_of_project(before) || TargetDecision::is_of_project(now);
    return is_any && before != now;
}

LeftOut left_out_of(const TargetFacts& facts) {
    if (!facts.database || !facts.database->project) return {};
    return facts.database->project->left_out;
}

}  // namespace

TargetDatabase::TargetDatabase(TargetServer& server, const Clock& clock)
    : server_(server), clock_(clock) {}

TargetDatabase::~TargetDatabase() = default;

/// First the sessions that the interrupted restore has left: nobody else is in it.
Task<> TargetDatabase::drop(Connection& server) const {
    const std::string left =
        " FROM pg_catalog.pg_stat_activity WHERE datname = " + quote_literal(server_.database()) +
        " AND application_name = 'backupwatch_restore' AND pid <> pg_catalog.pg_backend_pid()";
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

std::string TargetDatabase::mark_statement(RestoreMark::State state, std::string backup) const {
    const RestoreMark mark{state, clock_.now(), std::move(backup), is_project_};
    return "COMMENT ON DATABASE " + quote_identifier(server_.database()) + " IS " +
           quote_literal(to_text(mark));
}

Task<> TargetDatabase::mark(Connection& server, RestoreMark::State state, std::string backup)
    const {
    std::string sql = mark_statement(state, std::move(backup));
    co_await server.query(std::move(sql), target_limit);
}

std::string TargetDatabase::mark_of_load(std::string backup) const {
    return mark_statement(RestoreMark::State::loaded, std::move(backup));
}

Task<> TargetDatabase::make(const Manifest& manifest, TargetFacts facts) {
    auto server = co_await ask_server();
    // The backup was fetched meanwhile.
    co_await hold_on();
    const TargetDecision::Step prepared = decide_target(facts).step;
    const LeftOut left_out = left_out_of(facts);
    co_await look_at_database(facts, *server);
    const TargetDecision decision = decide_target(facts);
    require_accepted(decision);
    // What is loaded otherwise was prepared otherwise.
    if (is_prepared_otherwise(prepared, decision.step) || left_out_of(facts) != left_out) {
        throw Failure(
            Failure::Kind::rejected,
            "what is in " + server_.place() + " has changed meanwhile: " + decision.sentence,
            "restore again."
        );
    }
    if (decision.step == TargetDecision::Step::verify_project) {
        left_ = LeftInPlace::loaded_project;
        oid_ = co_await ask_oid(*server);
        co_return;
    }
    co_await create(*server, manifest, decision.step);
    co_await mark(*server, RestoreMark::State::begun, facts.backup);
    left_ = is_project_ ? LeftInPlace::project : LeftInPlace::unfinished;
    oid_ = co_await ask_oid(*server);
}

Task<> TargetDatabase::create(
    Connection& server, const Manifest& manifest, TargetDecision::Step step
) {
    if (step == TargetDecision::Step::fill_project) co_return;
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

/// Whatever the load was in the midst of has been undone, or done, once its session is gone.
Task<> TargetDatabase::see_what_is_left() {
    if (left_ != LeftInPlace::project) co_return;
    try {
        auto server = co_await ask_server();
        TargetFacts::Database database;
        co_await wait_for_sessions(database, *server);
        if (database.sessions_of_restore > 0) co_return;
        std::string sql = comment_query(server_.database());
        const QueryResult comment = co_await server->query(std::move(sql), target_limit);
        const auto mark = parse_restore_mark(comment.single());
        if (!mark || !mark->is_of_project) co_return;
        if (mark->state != RestoreMark::State::begun) {
            left_ = LeftInPlace::loaded_project;
            co_return;
        }
        const TargetFacts of_any;
        co_await look_inside(database, *server, of_any);
        if (!database.project) co_return;
        const ProjectContent& project = *database.project;
        if (!project.found.empty()) {
            left_ = LeftInPlace::used_project;
        } else if (project.lacking_rights.empty()) {
            left_ = LeftInPlace::new_project;
        }
    } catch (const Failure&) {
        // Then nobody knows, and that is said.
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
