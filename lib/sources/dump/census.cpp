#include "sources/dump/census.hpp"

#include "core/backup/undumped_queues.hpp"
#include "core/failure.hpp"
#include "postgres/catalog.hpp"
#include "postgres/pgmq.hpp"
#include "postgres/supabase.hpp"
#include "postgres/supabase_parts.hpp"
#include "postgres/supabase_rights.hpp"
#include "sources/dump/dumped_roles.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace backupwatch {
namespace {

constexpr auto connect_limit = std::chrono::seconds(60);
/// Tables counted by one statement: a database of thousands is not thousands of round trips.
constexpr std::size_t tables_per_query = 50;

Connection::Settings session_settings(Duration lock_timeout) {
    Connection::Settings settings = faithful_settings();
    settings.emplace_back("default_transaction_read_only", "on");
    settings.emplace_back("lock_timeout", std::to_string(lock_timeout.count()));
    return settings;
}

std::string count_query(const std::vector<DumpedTable>& tables, std::size_t from, std::size_t to) {
    std::string sql;
    for (std::size_t i = from; i < to; ++i) {
        sql += sql.empty() ? "SELECT " : ", ";
        sql += "(SELECT pg_catalog.count(*) FROM ONLY " + tables[i].quoted;
        if (!tables[i].filter.empty()) sql += " " + tables[i].filter;
        sql += ")";
    }
    return sql;
}

}  // namespace

Task<Census> Census::open(Options options) {
    Census census;
    census.options_ = std::move(options);
    if (census.options_.is_of_supabase) census.left_out_ = platform_schema_names();
    auto settings = session_settings(census.options_.lock_timeout);
    auto connecting = Connection::connect(census.options_.url, std::move(settings), connect_limit);
    census.connection_ = co_await std::move(connecting);
    co_await census.begin();
    co_await census.read_server();
    co_await census.read_tables();
    co_await census.note_what_is_not_held();
    co_await census.require_every_row();
    co_await census.read_schema();
    co_return census;
}

Task<QueryResult> Census::query(std::string sql) {
    auto running = connection_->query(std::move(sql), options_.limit);
    auto result = co_await std::move(running);
    co_return result;
}

Task<> Census::begin() {
    co_await query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const auto exported = co_await query("SELECT pg_catalog.pg_export_snapshot()");
    snapshot_ = exported.single();
}

Task<> Census::read_server() {
    co_await describe_server(*connection_, manifest_, options_.limit);
    manifest_.extensions = co_await extensions(*connection_, options_.limit);
    large_objects_ = co_await large_object_count(*connection_, options_.limit);
    const auto bytea =
        co_await query("SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'bytea_output'");
    bytea_as_hex_ = bytea.single() == "hex";
}

Task<> Census::read_tables() {
    auto all = co_await dumped_tables(*connection_, options_.limit, left_out_);
    tables_ = exclude(std::move(all), options_.exclude_tables);
    for (const auto& table : tables_.excluded) manifest_.excluded_tables.push_back(table.quoted);
}

Task<> Census::read_schema() {
    auto schema = co_await schema_objects(*connection_, options_.limit, left_out_);
    std::vector<DumpedTable> excluded = tables_.excluded;
    excluded.insert(excluded.end(), unreadable_tables_.begin(), unreadable_tables_.end());
    for (auto& pattern : backupwatch::exclusion_patterns(schema, excluded)) {
        exclusion_patterns_.push_back(std::move(pattern));
    }
    for (NotHeld& part : users_objects_on_bookkeeping(schema, unreadable_tables_)) {
        manifest_.not_held.push_back(std::move(part));
    }
    manifest_.schema = without_tables(std::move(schema), excluded);
    const auto values =
        co_await sequence_values(*connection_, options_.limit, left_out_, exclusion_patterns_);
    for (const auto& [name, value] : values) manifest_.sequences.push_back({name, value, value});
}

Task<> Census::require_every_row() {
    Rights rights = co_await rights_on(*connection_, tables_.dumped, options_.limit, left_out_);
    if (options_.is_of_supabase) {
        const auto platforms = take_platforms(rights);
        leave_out(platforms);
        for (auto& part : not_held_of(platforms, rights.role, manifest_.server_version)) {
            manifest_.not_held.push_back(std::move(part));
        }
    }
    if (!rights.sees_everything()) throw hidden_rows(rights, manifest_.server_version);
}

void Census::leave_out(const std::vector<HiddenRelation>& relations) {
    std::set<std::string> names;
    for (const HiddenRelation& relation : relations) {
        names.insert(relation.quoted());
        // Tables follow once it is known what belongs to them.
        if (relation.is_sequence) exclusion_patterns_.push_back(relation.quoted());
    }
    auto& dumped = tables_.dumped;
    const auto unreadable = std::ranges::stable_partition(dumped, [&](const DumpedTable& table) {
        return !names.contains(table.quoted);
    });
    unreadable_tables_.assign(unreadable.begin(), unreadable.end());
    dumped.erase(unreadable.begin(), unreadable.end());
}

Task<> Census::note_what_is_not_held() {
    if (options_.is_of_supabase) {
        manifest_.is_of_supabase = true;
        manifest_.not_held = co_await not_held_of_supabase(*connection_, options_.limit);
    }
    manifest_.undumped_queues = co_await counted_undumped_queues(*connection_, options_.limit);
    for (NotHeld& part : not_held_of(manifest_.undumped_queues)) {
        manifest_.not_held.push_back(std::move(part));
    }
}

Task<std::vector<CountedTable>> Census::count_rows() {
    std::vector<CountedTable> counted;
    const auto& tables = tables_.dumped;
    for (std::size_t from = 0; from < tables.size(); from += tables_per_query) {
        const auto to = std::min(from + tables_per_query, tables.size());
        auto counting = query(count_query(tables, from, to));
        const auto counts = co_await std::move(counting);
        for (std::size_t i = from; i < to; ++i) {
            const auto& count = counts.rows.at(0).at(i - from);
            counted.push_back({tables[i], std::stoull(count.value())});
        }
    }
    co_return counted;
}

Task<std::string> Census::roles_as_sql() {
    const auto roles = co_await read_roles(*connection_, options_.limit);
    co_return roles_script(
        roles, options_.is_of_supabase ? RolesOf::supabase : RolesOf::any_server
    );
}

Task<std::vector<SequenceRange>> Census::end_sequences() {
    const auto values =
        co_await sequence_values(*connection_, options_.limit, left_out_, exclusion_patterns_);
    const std::map<std::string, std::int64_t> after(values.begin(), values.end());
    auto ranges = manifest_.sequences;
    for (auto& range : ranges) {
        const auto value = after.find(range.name);
        if (value != after.end()) range.after = value->second;
    }
    co_return ranges;
}

}  // namespace backupwatch
