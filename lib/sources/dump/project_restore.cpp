#include "sources/dump/project_restore.hpp"

#include "core/backup/identifier.hpp"
#include "postgres/supabase.hpp"

#include <string_view>

namespace backupwatch {
namespace {

/// Of a right, or a comment, on a schema or an extension: `SCHEMA auth`, `EXTENSION pg_cron`.
bool is_about_projects(const ArchiveEntry& entry) {
    constexpr std::string_view schema = "SCHEMA ";
    if (entry.name.starts_with("EXTENSION ")) return true;
    return entry.name.starts_with(schema) &&
           is_of_each_project(identifier_parts(entry.name.substr(schema.size())).front());
}

/// The schema of the function that a trigger calls.
std::string called_schema(const ArchiveEntry& entry) {
    for (const std::string_view words : {"EXECUTE FUNCTION ", "EXECUTE PROCEDURE "}) {
        const auto at = entry.definition.find(words);
        if (at == std::string::npos) continue;
        const auto name = entry.definition.substr(at + words.size());
        return identifier_parts(name.substr(0, name.find('('))).front();
    }
    return {};
}

bool is_data(const ArchiveEntry& entry) {
    const std::string& kind = entry.description;
    return kind == "TABLE DATA" || kind == "SEQUENCE SET" || kind == "BLOBS";
}

/// What a new project has rows of itself.
bool is_projects_history(const ArchiveEntry& entry) {
    return (entry.schema == "auth" && entry.name == "schema_migrations") ||
           (entry.schema == "storage" && entry.name == "migrations") ||
           entry.schema == "supabase_functions";
}

bool is_users(const ArchiveEntry& entry) {
    const std::string& kind = entry.description;
    if (kind == "SCHEMA") return !is_of_each_project(entry.name);
    if (kind == "PUBLICATION") return !entry.name.starts_with("supabase_realtime");
    if (kind == "EVENT TRIGGER") return !is_of_each_project(called_schema(entry));
    if (kind == "ACL" || kind == "COMMENT") {
        return !is_of_each_project(entry.schema) && !is_about_projects(entry);
    }
    if (kind == "DEFAULT ACL") {
        return !is_of_each_project(entry.schema) && !entry.owner.starts_with("supabase_");
    }
    if (!is_of_each_project(entry.schema)) return true;
    // Of the platform's own triggers each calls a function of its own schema.
    return kind == "POLICY" || (kind == "TRIGGER" && !is_of_each_project(called_schema(entry)));
}

}  // namespace

ProjectLists project_lists(const Archive& archive) {
    ProjectLists lists;
    for (const ArchiveEntry& entry : archive.entries) {
        const std::string line = std::to_string(entry.dump_id) + ";\n";
        if (entry.description == "MATERIALIZED VIEW DATA") {
            lists.views += line;
        } else if (is_data(entry)) {
            if (!is_projects_history(entry)) lists.rows += line;
        } else if (is_users(entry)) {
            lists.structure += line;
        }
    }
    return lists;
}

std::string without_default_rights() {
    std::string arguments;
    for (const char* kind : {"TABLES", "SEQUENCES", "FUNCTIONS"}) {
        arguments +=
            std::string("--command='ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON ") +
            kind + " FROM anon, authenticated, service_role' ";
    }
    return arguments;
}

std::vector<std::string> project_commands() {
    std::vector<std::string> commands{
        "find archive -name '*.zst' -exec zstd -d --rm -q {} +",
        // The database that each project has.
        "psql --no-psqlrc --set=in_project=1 --set=database=\"${PGDATABASE:-postgres}\" "
        "--file=globals.sql",
    };
    for (const std::string part : {"structure", "rows", "views"}) {
        commands.push_back(
            "pg_restore --no-tablespaces --no-owner --use-list=" + part + ".list --file=" + part +
            ".sql archive"
        );
    }
    commands.push_back(
        "psql --no-psqlrc --single-transaction --set=ON_ERROR_STOP=1 " + without_default_rights() +
        "--file=structure.sql "
        "--command='SET session_replication_role = replica' --file=rows.sql --file=views.sql"
    );
    return commands;
}

}  // namespace backupwatch
