#include "sources/foreign/supabase_prelude.hpp"

#include "postgres/connection.hpp"
#include "postgres/supabase.hpp"

#include <algorithm>
#include <array>
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

/// By the names that Supabase gives its columns: what policies, views and functions of users
/// compare with a uuid, look into, or add an interval to.
std::string_view type_of(const UnmadeTable& table, std::string_view column) {
    constexpr std::array uuids{
        "auth.users.id",
        "auth.users.instance_id",
        "auth.identities.user_id",
        "auth.sessions.id",
        "auth.sessions.user_id",
        "auth.mfa_factors.id",
        "auth.mfa_factors.user_id",
        "storage.buckets.owner",
        "storage.objects.id",
        "storage.objects.owner"};
    constexpr std::array documents{
        "raw_app_meta_data", "raw_user_meta_data", "identity_data", "metadata", "user_metadata"};
    const std::string name = table.schema + "." + table.name + "." + std::string(column);
    if (std::ranges::find(uuids, name) != uuids.end()) return "uuid";
    if (std::ranges::find(documents, column) != documents.end()) return "jsonb";
    const bool is_of_platform = table.schema == "auth" || table.schema == "storage";
    if (is_of_platform && column.ends_with("_at")) return "timestamptz";
    return "text";
}

std::string create_table(const UnmadeTable& table) {
    std::string columns;
    for (const std::string& column : table.columns) {
        columns += (columns.empty() ? "" : ", ") + quote_identifier(column) + " ";
        columns += type_of(table, column);
    }
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
