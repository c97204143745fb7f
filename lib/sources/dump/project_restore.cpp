#include "sources/dump/project_restore.hpp"

#include "core/backup/identifier.hpp"
#include "core/backup/project_lists.hpp"
#include "core/backup/project_queues.hpp"
#include "core/backup/project_tables.hpp"
#include "core/backup/undumped_queues.hpp"
#include "core/text.hpp"
#include "postgres/catalog_sql.hpp"
#include "postgres/supabase.hpp"
#include "sources/dump/project_fit.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

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
std::string called_schema(const std::string& definition) {
    for (const std::string_view words : {"EXECUTE FUNCTION ", "EXECUTE PROCEDURE "}) {
        const auto at = definition.find(words);
        if (at == std::string::npos) continue;
        const auto name = definition.substr(at + words.size());
        return identifier_parts(name.substr(0, name.find('('))).front();
    }
    return {};
}

/// On a table of the platform's. Each of its own calls a function of the very schema; a webhook of
/// the user's calls one of another of its schemas.
bool is_users_trigger(const std::string& schema, const std::string& definition) {
    return called_schema(definition) != schema;
}

bool is_data(const ArchiveEntry& entry) {
    const std::string& kind = entry.description;
    return kind == "TABLE DATA" || kind == "SEQUENCE SET";
}

/// What they hold: that they are there, and whose, is structure.
bool is_large_objects(const ArchiveEntry& entry) {
    return entry.description == "BLOBS";
}

bool is_users(const ArchiveEntry& entry) {
    const std::string& kind = entry.description;
    if (!queue_table_of(entry).empty()) return true;
    if (kind == "SCHEMA") return !is_of_each_project(entry.name);
    if (kind == "PUBLICATION") return !entry.name.starts_with("supabase_realtime");
    if (kind == "EVENT TRIGGER") return !is_of_each_project(called_schema(entry.definition));
    if (kind == "ACL" || kind == "COMMENT") {
        return !is_of_each_project(entry.schema) && !is_about_projects(entry);
    }
    if (kind == "DEFAULT ACL") {
        return !is_of_each_project(entry.schema) && !entry.owner.starts_with("supabase_");
    }
    if (!is_of_each_project(entry.schema)) return true;
    return kind == "POLICY" ||
           (kind == "TRIGGER" && is_users_trigger(entry.schema, entry.definition));
}

/// Of what the source's schema held: the project has it of itself, perhaps in another version.
bool is_projects_own(const SchemaObject& object) {
    const std::string& kind = object.kind;
    if (kind == "publication") return object.name.starts_with("supabase_realtime");
    if (kind == "event trigger") return is_of_each_project(called_schema(object.definition));
    const std::string schema = identifier_parts(object.name).front();
    if (!is_of_each_project(schema)) return false;
    if (kind == "trigger") return !is_users_trigger(schema, object.definition);
    return kind != "policy";
}

}  // namespace

std::string queue_table_of(const ArchiveEntry& entry) {
    if (entry.schema != "pgmq") return {};
    std::string table;
    if (entry.description == "ROW SECURITY") table = entry.name;
    if (entry.description == "ACL") {
        const auto space = entry.name.find(' ');
        const std::string kind = entry.name.substr(0, space);
        const bool is_relation = kind == "TABLE" || kind == "COLUMN" || kind == "SEQUENCE";
        if (is_relation) table = identifier_parts(entry.name.substr(space + 1)).front();
        constexpr std::string_view of_sequence = "_msg_id_seq";
        if (kind == "SEQUENCE" && table.ends_with(of_sequence)) {
            table.resize(table.size() - of_sequence.size());
        }
    }
    std::string name = quoted_name({entry.schema, table});
    return queue_of(name).empty() ? std::string() : name;
}

bool is_of_undumped_queue(const ArchiveEntry& entry, const Manifest& manifest) {
    const std::string table = queue_table_of(entry);
    if (table.empty()) return false;
    const std::string member = table_member(table);
    return std::ranges::any_of(manifest.undumped_queues, [&](const UndumpedQueue& queue) {
        return std::ranges::find(queue.members, member) != queue.members.end();
    });
}

bool is_users_structure(const ArchiveEntry& entry) {
    if (entry.description == "MATERIALIZED VIEW DATA") return false;
    return !is_data(entry) && !is_large_objects(entry) && is_users(entry);
}

ProjectLists project_lists(
    const Archive& archive, const Manifest& manifest, const LeftOut& left_out
) {
    std::set<int> empty;
    for (const TableContent& table : manifest.tables) {
        if (table.rows.count == 0) empty.insert(table.dump_id);
    }
    const std::set<int> without = entries_of(archive, left_out);
    ProjectLists lists;
    for (const ArchiveEntry& entry : archive.entries) {
        if (without.contains(entry.dump_id) || is_of_undumped_queue(entry, manifest)) continue;
        const ListedEntry listed{entry.description, entry.schema, entry.name};
        const std::string line =
            std::to_string(entry.dump_id) + in_list(listed, entry.owner) + "\n";
        if (entry.description == "MATERIALIZED VIEW DATA") {
            lists.views += line;
        } else if (is_large_objects(entry)) {
            lists.large_objects += line;
        } else if (is_data(entry)) {
            const bool is_empty =
                entry.description == "TABLE DATA" && empty.contains(entry.dump_id);
            if (!is_empty && !stays_projects(entry.schema, entry.name)) lists.rows += line;
        } else if (is_users_structure(entry)) {
            lists.structure += line;
        }
    }
    return lists;
}

bool begins_or_ends(std::string_view line) {
    return line == "BEGIN;" || line == "COMMIT;";
}

Archive users_part(const Archive& archive, const Manifest& manifest) {
    Archive part;
    for (const ArchiveEntry& entry : archive.entries) {
        if (!is_users_structure(entry) || is_of_undumped_queue(entry, manifest)) continue;
        part.entries.push_back(entry);
        // Whose default rights it sets, it names.
        if (entry.description != "DEFAULT ACL") part.entries.back().owner.clear();
    }
    return part;
}

std::vector<SkippedPart> left_out_subscriptions(const Archive& archive) {
    std::vector<SkippedPart> left_out;
    for (const ArchiveEntry& entry : archive.entries) {
        if (entry.description != "SUBSCRIPTION") continue;
        left_out.push_back(
            {clean_line("subscription " + entry.name),
             "left out: it would share the slot of the old database's"}
        );
    }
    return left_out;
}

Manifest expected_in_project(Manifest manifest) {
    std::erase_if(manifest.tables, [](const TableContent& table) {
        return stays_projects(table.name);
    });
    std::erase_if(manifest.sequences, [](const SequenceRange& sequence) {
        return stays_projects(sequence.name);
    });
    const std::vector<SchemaObject> secured = row_security_of_queues(manifest.schema);
    std::erase_if(manifest.schema, is_projects_own);
    manifest.schema.insert(manifest.schema.end(), secured.begin(), secured.end());
    // The note on their table says it.
    std::erase_if(manifest.not_held, [](const NotHeld& part) {
        return part.what.starts_with("the work of cron jobs");
    });
    return manifest;
}

std::vector<std::string> default_rights_statements() {
    std::vector<std::string> statements;
    for (const char* kind : {"TABLES", "SEQUENCES", "FUNCTIONS"}) {
        statements.push_back(
            std::string("ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON ") + kind +
            " FROM anon, authenticated, service_role"
        );
    }
    return statements;
}

std::string without_default_rights() {
    std::string arguments;
    for (const std::string& statement : default_rights_statements()) {
        arguments += "--command='" + statement + "' ";
    }
    return arguments;
}

std::vector<std::string> script_arguments(const std::string& part) {
    return {
        "--no-tablespaces",
        "--no-owner",
        // It would have the slot of the old database's.
        "--no-subscriptions",
        "--use-list=" + part + ".list",
        "--file=" + part + ".sql",
        "archive"};
}

std::vector<std::string> project_commands(const Manifest& manifest) {
    std::vector<std::string> parts{"structure", "rows", "views"};
    if (manifest.large_objects) parts.insert(parts.end() - 1, "large_objects");
    std::vector<std::string> commands{
        "find archive -name '*.zst' -exec zstd -d --rm -q {} +",
        // The database that each project has.
        "psql --no-psqlrc --set=in_project=1 --set=database=\"${PGDATABASE:-postgres}\" "
        "--file=globals.sql",
    };
    for (const std::string& part : parts) {
        std::string command = "pg_restore";
        for (const std::string& argument : script_arguments(part)) command += " " + argument;
        commands.push_back(std::move(command));
        if (part != "large_objects") continue;
        // As begins_or_ends() says.
        commands.emplace_back("sed -i.bak -e '/^BEGIN;$/d' -e '/^COMMIT;$/d' large_objects.sql");
    }
    std::string load =
        "psql --no-psqlrc --single-transaction --set=ON_ERROR_STOP=1 " + without_default_rights();
    for (const std::string& part : parts) {
        if (part != "structure") load += " ";
        load += "--file=" + part + ".sql";
        if (part == "structure") load += std::string(" --command='") + as_they_stand + "'";
    }
    commands.push_back(std::move(load));
    return commands;
}

}  // namespace backupwatch
