#include "core/backup/kinship.hpp"

#include "core/backup/identifier.hpp"
#include "core/words.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <iterator>
#include <string_view>

namespace backupwatch {
namespace {

using Tables = std::set<std::string>;

/// Names that databases of no kin have: what frameworks make for themselves, and what everybody
/// calls so. Sorted.
constexpr std::array<std::string_view, 64> common_names{
    "__diesel_schema_migrations",
    "__drizzle_migrations",
    "__efmigrationshistory",
    "_prisma_migrations",
    "account",
    "accounts",
    "active_storage_attachments",
    "active_storage_blobs",
    "active_storage_variant_records",
    "alembic_version",
    "api_keys",
    "ar_internal_metadata",
    "audit_log",
    "audit_logs",
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "auth_user",
    "auth_user_groups",
    "auth_user_user_permissions",
    "cache",
    "cache_locks",
    "config",
    "databasechangelog",
    "databasechangeloglock",
    "delayed_jobs",
    "django_admin_log",
    "django_content_type",
    "django_migrations",
    "django_session",
    "django_site",
    "events",
    "failed_jobs",
    "flyway_schema_history",
    "good_jobs",
    "goose_db_version",
    "groups",
    "job_batches",
    "jobs",
    "knex_migrations",
    "knex_migrations_lock",
    "log",
    "logs",
    "migrations",
    "notifications",
    "oban_jobs",
    "oban_peers",
    "password_reset_tokens",
    "password_resets",
    "permissions",
    "personal_access_tokens",
    "profiles",
    "refresh_tokens",
    "roles",
    "schema_migrations",
    "schema_version",
    "sequelizemeta",
    "session",
    "sessions",
    "settings",
    "spatial_ref_sys",
    "tokens",
    "user",
    "users",
};

bool is_common(const std::string& table) {
    std::string name = identifier_parts(table).back();
    std::ranges::transform(name, name.begin(), [](char c) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    return std::ranges::binary_search(common_names, std::string_view(name));
}

Tables uncommon(const Tables& tables) {
    Tables left;
    std::ranges::copy_if(tables, std::inserter(left, left.end()), std::not_fn(is_common));
    return left;
}

std::size_t shared(const Tables& one, const Tables& other) {
    return static_cast<std::size_t>(std::ranges::count_if(one, [&](const std::string& table) {
        return other.contains(table);
    }));
}

/// Half of those of the smaller, and one alone only where it has no other: from one night to the
/// next a database keeps that much.
bool are_of_one(const Tables& before, const Tables& later) {
    const std::size_t smaller = std::min(before.size(), later.size());
    const std::size_t both = shared(before, later);
    return both > 0 && 2 * both >= smaller && (both > 1 || smaller == 1);
}

bool is_of_the_same(const KinDump& before, const KinDump& dump) {
    // To one without any, nothing can be compared.
    if (before.tables->empty()) return true;
    const Tables telling = uncommon(*before.tables);
    // Where it has no others, those have to tell.
    if (telling.empty()) return are_of_one(*before.tables, *dump.tables);
    const Tables later = uncommon(*dump.tables);
    if (are_of_one(telling, later)) return true;
    // One that both have may be by chance, or all that is left beside one that was renamed. Of more
    // tables that is no rename, and what a framework made would outvote them.
    const bool is_perhaps_renamed =
        shared(telling, later) == 1 && telling.size() <= 2 && later.size() <= 2;
    return is_perhaps_renamed && are_of_one(*before.tables, *dump.tables);
}

std::string why_other(const KinDump& before, const KinDump& dump) {
    // Where they have enough in common, it was by what is left without the names that many have.
    const bool is_by_all = !are_of_one(*before.tables, *dump.tables);
    const Tables held = is_by_all ? *before.tables : uncommon(*before.tables);
    const std::size_t both = shared(held, *dump.tables);
    return "it holds " + (both == 0 ? "none" : "only " + std::to_string(both)) + " of the " +
           counted(held.size(), "table") + " of " + before.id +
           ", the last known to be of this database" +
           (is_by_all ? "" : " (those aside that many databases have)") +
           ": it is a dump of another one (if that is meant: backupwatch accept)";
}

}  // namespace

void decide_kinship(const std::optional<KinDump>& reference, std::vector<KinDump>& oldest_first) {
    const KinDump* before = reference ? &*reference : nullptr;
    for (KinDump& dump : oldest_first) {
        if (dump.kinship == Kinship::undecided) {
            const bool is_own = before == nullptr || is_of_the_same(*before, dump);
            dump.kinship = is_own ? Kinship::own : Kinship::other;
            if (!is_own) dump.reason = why_other(*before, dump);
        }
        const bool is_newer = before == nullptr || dump.at >= before->at;
        if (dump.kinship == Kinship::own && is_newer) before = &dump;
    }
}

}  // namespace backupwatch
