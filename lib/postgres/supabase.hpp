#pragma once
#include "core/failure.hpp"
#include "postgres/conninfo.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// What is known of the databases of Supabase's projects: where they are reached, and what in them
// is the platform's and not the user's.
namespace backupwatch {

enum class SupabasePlace {
    elsewhere,           ///< no server of Supabase's
    direct,              ///< db.PROJECT.supabase.co:5432: IPv6 alone, unless IPv4 was bought
    session_pooler,      ///< REGION.pooler.supabase.com:5432
    transaction_pooler,  ///< port 6543 of either: no session, so no snapshot and no dump
};
SupabasePlace supabase_place(const ConnectOptions& effective);
/// The reference of the project that is reached there; empty: it cannot be told.
std::string supabase_project(const ConnectOptions& effective);

/// Why no dump can be taken there, before anything is tried; nothing where it can.
std::optional<Failure> refuses_dumps(const ConnectOptions& effective);

/// What a log-in that failed there means, and what to do; empty: nothing is known of it beyond
/// what it says itself.
std::string supabase_hint(const ConnectOptions& effective, std::string_view message);

/// A schema that a dump leaves out: each project has its own, and those rows are of no use in
/// another one.
struct PlatformSchema {
    std::string_view name;
    std::string_view why;
};
std::span<const PlatformSchema> platform_schemas();
std::vector<std::string> platform_schema_names();

/// Those that each project has as well, and whose rows are the user's.
std::span<const std::string_view> project_schemas();
/// Either of the two.
bool is_of_each_project(std::string_view schema);

/// A role that each project has; who may log in by it, and to what, is the platform's.
bool is_platform_role(std::string_view role);
/// What users set for such a role all the same: timeouts, what PostgREST reads.
bool is_users_setting(std::string_view setting);

/// An extension of the platform that a drill never makes, were it installed: it acts outward, or
/// keeps what only the project's own server can read. `schema` is where its objects lie.
struct PlatformExtension {
    std::string_view name;
    std::string_view schema;
};
std::span<const PlatformExtension> platform_extensions();

/// A function of a schema that is left out, which policies and views of users name. `call` is how
/// they do; `definition` makes one that answers as the platform's.
struct PlatformFunction {
    std::string_view schema;
    std::string_view call;
    std::string_view definition;
};
std::span<const PlatformFunction> platform_functions();

}  // namespace backupwatch
