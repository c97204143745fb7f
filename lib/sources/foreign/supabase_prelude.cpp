#include "sources/foreign/supabase_prelude.hpp"

#include "postgres/connection.hpp"
#include "postgres/supabase.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace backupwatch {
namespace {

constexpr std::string_view owner_of_projects = "postgres";

std::string quoted_list(const std::set<std::string>& names) {
    std::string list;
    for (const std::string& name : names)
        list += (list.empty() ? "" : ", ") + quote_identifier(name);
    return list;
}

std::string full_name(std::string_view schema, std::string_view name) {
    return quote_identifier(schema) + "." + quote_identifier(name);
}

struct NamedType {
    std::string_view column;  ///< `auth.users.id`
    std::string_view type;
};

/// By the names that Supabase gives its columns: what policies, views, functions and foreign keys
/// of users compare, look into, add an interval to, or point to.
constexpr NamedType named_types[] = {
    {"auth.audit_log_entries.id", "uuid"},
    {"auth.audit_log_entries.instance_id", "uuid"},
    {"auth.audit_log_entries.payload", "json"},
    {"auth.flow_state.id", "uuid"},
    {"auth.flow_state.user_id", "uuid"},
    {"auth.identities.id", "uuid"},
    {"auth.identities.user_id", "uuid"},
    {"auth.mfa_amr_claims.id", "uuid"},
    {"auth.mfa_amr_claims.session_id", "uuid"},
    {"auth.mfa_challenges.factor_id", "uuid"},
    {"auth.mfa_challenges.id", "uuid"},
    {"auth.mfa_challenges.ip_address", "inet"},
    {"auth.mfa_factors.id", "uuid"},
    {"auth.mfa_factors.user_id", "uuid"},
    // These three have no time zone, unlike all other times of auth.
    {"auth.one_time_tokens.created_at", "timestamp"},
    {"auth.one_time_tokens.updated_at", "timestamp"},
    {"auth.sessions.refreshed_at", "timestamp"},
    {"auth.one_time_tokens.id", "uuid"},
    {"auth.one_time_tokens.user_id", "uuid"},
    {"auth.refresh_tokens.id", "bigint"},
    {"auth.refresh_tokens.instance_id", "uuid"},
    {"auth.refresh_tokens.revoked", "boolean"},
    {"auth.refresh_tokens.session_id", "uuid"},
    {"auth.saml_providers.id", "uuid"},
    {"auth.saml_providers.sso_provider_id", "uuid"},
    {"auth.sessions.factor_id", "uuid"},
    {"auth.sessions.id", "uuid"},
    {"auth.sessions.ip", "inet"},
    {"auth.sessions.not_after", "timestamptz"},
    {"auth.sessions.user_id", "uuid"},
    {"auth.sso_domains.id", "uuid"},
    {"auth.sso_domains.sso_provider_id", "uuid"},
    {"auth.sso_providers.id", "uuid"},
    {"auth.users.banned_until", "timestamptz"},
    {"auth.users.id", "uuid"},
    {"auth.users.instance_id", "uuid"},
    {"storage.buckets.allowed_mime_types", "text[]"},
    {"storage.buckets.file_size_limit", "bigint"},
    {"storage.buckets.owner", "uuid"},
    {"storage.buckets.public", "boolean"},
    {"storage.objects.id", "uuid"},
    {"storage.objects.owner", "uuid"},
};

bool has_column(const UnmadeTable& table, std::string_view name) {
    return std::ranges::find(table.columns, name) != table.columns.end();
}

/// Before the end of 2023 an identity's id was the provider's, which may be any text.
bool is_of_provider(const UnmadeTable& table) {
    const bool is_identities = table.schema == "auth" && table.name == "identities";
    return is_identities && has_column(table, "provider") && !has_column(table, "provider_id");
}

std::string_view type_of(const UnmadeTable& table, std::string_view column) {
    constexpr std::array documents{
        "raw_app_meta_data", "raw_user_meta_data", "identity_data", "metadata", "user_metadata"};
    const std::string name = table.schema + "." + table.name + "." + std::string(column);
    if (column == "id" && is_of_provider(table)) return "text";
    const auto* named = std::ranges::find(named_types, name, &NamedType::column);
    if (named != std::end(named_types)) return named->type;
    if (std::ranges::find(documents, column) != documents.end()) return "jsonb";
    const bool is_of_platform = table.schema == "auth" || table.schema == "storage";
    if (is_of_platform && column.ends_with("_at")) return "timestamptz";
    if (is_of_platform && column.starts_with("is_")) return "boolean";
    return "text";
}

/// No dump has the rows of these, and views of users name them as any other.
struct GeneratedColumn {
    std::string_view table;
    std::string_view name;
    std::string_view type;
    std::string_view expression;
    std::vector<std::string> inputs;
};

/// Of a column that changed between versions the first whose inputs are there.
const std::vector<GeneratedColumn>& generated_columns() {
    static const std::vector<GeneratedColumn> columns{
        {"auth.users",
         "confirmed_at",
         "timestamptz",
         "LEAST(email_confirmed_at, phone_confirmed_at)",
         {"email_confirmed_at", "phone_confirmed_at"}},
        {"auth.users", "confirmed_at", "timestamptz", "email_confirmed_at", {"email_confirmed_at"}},
        {"auth.identities", "email", "text", "lower(identity_data ->> 'email')", {"identity_data"}},
        {"storage.objects", "path_tokens", "text[]", "string_to_array(name, '/')", {"name"}},
    };
    return columns;
}

std::string with_generated_columns(const UnmadeTable& table) {
    std::set<std::string> there(table.columns.begin(), table.columns.end());
    std::string columns;
    for (const GeneratedColumn& column : generated_columns()) {
        const bool is_of_table = column.table == table.schema + "." + table.name;
        const bool can_be_made = std::ranges::all_of(column.inputs, [&](const auto& input) {
            return there.contains(input);
        });
        if (!is_of_table || !can_be_made) continue;
        if (!there.emplace(column.name).second) continue;
        columns += ", " + quote_identifier(column.name) + " " + std::string(column.type) +
                   " GENERATED ALWAYS AS (" + std::string(column.expression) + ") STORED";
    }
    return columns;
}

std::string create_table(const UnmadeTable& table) {
    std::string columns;
    for (const std::string& column : table.columns) {
        columns += (columns.empty() ? "" : ", ") + quote_identifier(column) + " ";
        columns += type_of(table, column);
    }
    columns += with_generated_columns(table);
    for (const std::string& key : table.keys) columns += ", UNIQUE (" + quote_identifier(key) + ")";
    return "CREATE TABLE " + full_name(table.schema, table.name) + " (" + columns + ")";
}

}  // namespace

std::vector<std::string> supabase_prelude(const PlatformNeeds& needs) {
    std::vector<std::string> statements;
    for (const std::string& schema : needs.schemas) {
        statements.push_back("CREATE SCHEMA " + quote_identifier(schema));
    }
    // As in each project: views and functions of users are run as roles that are no superusers.
    if (!needs.schemas.empty()) {
        statements.push_back("GRANT USAGE ON SCHEMA " + quoted_list(needs.schemas) + " TO PUBLIC");
    }
    for (const UnmadeTable& table : needs.tables) {
        statements.push_back(create_table(table));
        if (!needs.trusted_roles.contains(std::string(owner_of_projects))) continue;
        statements.push_back(
            "GRANT SELECT ON " + full_name(table.schema, table.name) + " TO " +
            std::string(owner_of_projects)
        );
    }
    for (const auto& [schema, name] : needs.sequences) {
        statements.push_back("CREATE SEQUENCE " + full_name(schema, name));
    }
    for (const PlatformFunction& function : platform_functions()) {
        const bool is_needed = needs.schemas.contains(std::string(function.schema));
        if (is_needed) statements.emplace_back(function.definition);
    }
    for (const std::string& publication : needs.publications) {
        statements.push_back("CREATE PUBLICATION " + quote_identifier(publication));
    }
    for (const std::string& role : needs.trusted_roles) {
        statements.push_back("ALTER ROLE " + quote_identifier(role) + " BYPASSRLS");
    }
    return statements;
}

}  // namespace backupwatch
