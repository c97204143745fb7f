#include "postgres/supabase.hpp"

#include <algorithm>
#include <iterator>

namespace backupwatch {
namespace {

constexpr std::string_view transaction_port = "6543";

// docs/supabase-dumps.md has this list.
constexpr PlatformSchema left_out_schemas[] = {
    {"_analytics", "the platform's logs"},
    {"_realtime", "the settings of the platform's Realtime server"},
    {"_supavisor", "the settings of the platform's pooler"},
    {"etl", "the state of the platform's replication"},
    {"graphql", "made by the extension pg_graphql"},
    {"graphql_public", "made by the extension pg_graphql"},
    {"net", "the requests of the extension pg_net, which are sent or lost by then"},
    {"pgbouncer", "how the platform's pooler logs in"},
    {"pgsodium", "encrypted with a key that no dump holds"},
    {"pgsodium_masks", "made by the extension pgsodium"},
    {"pgtle", "made by the extension pg_tle"},
    {"realtime", "messages and subscriptions of Realtime, which live for hours"},
    {"vault", "encrypted with a key that no dump holds"},
};

constexpr std::string_view schemas_with_rows[] = {
    "auth", "cron", "extensions", "pgmq", "storage", "supabase_functions"};

constexpr PlatformExtension held_extensions[] = {
    {"pg_cron", "cron"},
    {"pg_graphql", "graphql"},
    {"pg_net", "net"},
    {"pg_tle", "pgtle"},
    {"pgmq", "pgmq"},
    {"pgsodium", "pgsodium"},
    {"supabase_vault", "vault"},
};

constexpr PlatformFunction stub_functions[] = {
    {"auth",
     "auth.uid(",
     "CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS "
     "$$SELECT coalesce(nullif(pg_catalog.current_setting('request.jwt.claim.sub', true), ''), "
     "nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb ->> "
     "'sub')::uuid$$"},
    {"auth",
     "auth.role(",
     "CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql STABLE AS "
     "$$SELECT coalesce(nullif(pg_catalog.current_setting('request.jwt.claim.role', true), ''), "
     "nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb ->> 'role')$$"},
    {"auth",
     "auth.email(",
     "CREATE FUNCTION auth.email() RETURNS text LANGUAGE sql STABLE AS "
     "$$SELECT coalesce(nullif(pg_catalog.current_setting('request.jwt.claim.email', true), ''), "
     "nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb ->> 'email')$$"},
    {"auth",
     "auth.jwt(",
     "CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE AS "
     "$$SELECT nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb$$"},
    {"storage",
     "storage.foldername(",
     "CREATE FUNCTION storage.foldername(name text) RETURNS text[] LANGUAGE sql IMMUTABLE AS "
     "$$SELECT p[1 : array_length(p, 1) - 1] FROM string_to_array(name, '/') AS p$$"},
    {"storage",
     "storage.filename(",
     "CREATE FUNCTION storage.filename(name text) RETURNS text LANGUAGE sql IMMUTABLE AS "
     "$$SELECT p[array_length(p, 1)] FROM string_to_array(name, '/') AS p$$"},
    {"storage",
     "storage.extension(",
     "CREATE FUNCTION storage.extension(name text) RETURNS text LANGUAGE sql IMMUTABLE AS "
     "$$SELECT reverse(split_part(reverse(name), '.', 1))$$"},
    {"supabase_functions",
     "supabase_functions.http_request(",
     "CREATE FUNCTION supabase_functions.http_request() RETURNS trigger LANGUAGE plpgsql AS "
     "$$BEGIN RETURN NEW; END$$"},
    {"realtime",
     "realtime.topic(",
     "CREATE FUNCTION realtime.topic() RETURNS text LANGUAGE sql STABLE AS "
     "$$SELECT nullif(pg_catalog.current_setting('realtime.topic', true), '')$$"},
};

constexpr std::string_view platform_roles[] = {
    "anon",
    "authenticated",
    "authenticator",
    "dashboard_user",
    "pgbouncer",
    "pgtle_admin",
    "postgres",
    "service_role",
};
constexpr std::string_view platform_role_beginnings[] = {"cli_login_", "pgsodium_key", "supabase_"};

// Those that `supabase db dump` keeps.
constexpr std::string_view users_settings[] = {
    "session_replication_role", "statement_timeout", "track_io_timing"};
constexpr std::string_view users_setting_beginnings[] = {"pgaudit.", "pgrst."};

bool is_among(
    std::string_view name,
    std::span<const std::string_view> names,
    std::span<const std::string_view> beginnings
) {
    return std::ranges::find(names, name) != names.end() ||
           std::ranges::any_of(beginnings, [&](auto beginning) {
               return name.starts_with(beginning);
           });
}

bool is_pooler(std::string_view host) {
    return host.ends_with(".pooler.supabase.com") || host.ends_with(".pooler.supabase.co");
}

bool is_direct(std::string_view host) {
    return host.starts_with("db.") && host.ends_with(".supabase.co");
}

bool tells(std::string_view message, std::string_view words) {
    return message.find(words) != std::string_view::npos;
}

}  // namespace

SupabasePlace supabase_place(const ConnectOptions& effective) {
    const auto endpoints = endpoints_of(effective);
    if (!endpoints || endpoints->empty()) return SupabasePlace::elsewhere;
    const Endpoint& first = endpoints->front();
    if (!is_pooler(first.host) && !is_direct(first.host)) return SupabasePlace::elsewhere;
    if (first.port == transaction_port) return SupabasePlace::transaction_pooler;
    return is_pooler(first.host) ? SupabasePlace::session_pooler : SupabasePlace::direct;
}

std::string supabase_project(const ConnectOptions& effective) {
    const auto endpoints = endpoints_of(effective);
    if (!endpoints || endpoints->empty()) return {};
    const std::string& host = endpoints->front().host;
    if (is_direct(host)) {
        const std::string behind = host.substr(host.find('.') + 1);
        return behind.substr(0, behind.find('.'));
    }
    if (!is_pooler(host)) return {};
    const std::string* const user = find_option(effective, "user");
    const auto dot = user == nullptr ? std::string::npos : user->rfind('.');
    return dot == std::string::npos ? std::string() : user->substr(dot + 1);
}

std::optional<Failure> refuses_dumps(const ConnectOptions& effective) {
    if (supabase_place(effective) != SupabasePlace::transaction_pooler) return std::nullopt;
    return Failure(
        Failure::Kind::rejected,
        "no dump can be taken through " + target_of(effective) +
            ": port 6543 is Supabase's transaction pooler, where sessions share no snapshot",
        "Use port 5432 in the url: the session pooler, or the database itself."
    );
}

std::string supabase_hint(const ConnectOptions& effective, std::string_view message) {
    const SupabasePlace place = supabase_place(effective);
    if (place == SupabasePlace::elsewhere) return {};
    if (tells(message, "Tenant or user not found")) {
        return "The pooler knows no such project: the user is postgres.PROJECT, and the host that "
               "of the project's region (Connect, in Supabase's dashboard).";
    }
    const bool is_unreached = tells(message, "Network is unreachable") ||
                              tells(message, "no address of") ||
                              tells(message, "timeout expired") || tells(message, "no end of ");
    if (place == SupabasePlace::direct && is_unreached) {
        return "A project's own host has an IPv6 address alone, unless IPv4 was bought, and none "
               "while the project is paused: use the session pooler (Connect, in Supabase's "
               "dashboard): user postgres.PROJECT, port 5432.";
    }
    if (tells(message, "MaxClientsInSessionMode")) {
        return "The session pooler lets in as many sessions as its pool size says, and a dump "
               "takes two more than `jobs`: lower `jobs`, or raise the pool size (Database "
               "settings, in Supabase's dashboard).";
    }
    if (tells(message, "invalid response to GSSAPI negotiation")) {
        return "The pooler knows no GSSAPI: add gssencmode=disable to the url.";
    }
    if (tells(message, "password authentication failed")) {
        return "Check the password in the url. A new one takes minutes to reach the pooler.";
    }
    return {};
}

std::span<const PlatformSchema> platform_schemas() {
    return left_out_schemas;
}

std::vector<std::string> platform_schema_names() {
    std::vector<std::string> names;
    for (const PlatformSchema& schema : left_out_schemas) names.emplace_back(schema.name);
    return names;
}

std::span<const std::string_view> project_schemas() {
    return schemas_with_rows;
}

bool is_of_each_project(std::string_view schema) {
    return std::ranges::find(schemas_with_rows, schema) != std::end(schemas_with_rows) ||
           std::ranges::find(left_out_schemas, schema, &PlatformSchema::name) !=
               std::end(left_out_schemas);
}

bool is_platform_role(std::string_view role) {
    return is_among(role, platform_roles, platform_role_beginnings);
}

bool is_users_setting(std::string_view setting) {
    return is_among(setting, users_settings, users_setting_beginnings);
}

std::span<const PlatformExtension> platform_extensions() {
    return held_extensions;
}

std::span<const PlatformFunction> platform_functions() {
    return stub_functions;
}

}  // namespace backupwatch
