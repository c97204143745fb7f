#include "core/backup/project_tables.hpp"

#include "core/backup/identifier.hpp"
#include "core/text.hpp"
#include "core/words.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

/// What a new project has rows of itself.
bool is_projects_history(const std::string& schema, const std::string& name) {
    return (schema == "auth" && name == "schema_migrations") ||
           (schema == "storage" && name == "migrations") || schema == "supabase_functions";
}

/// What a project says of each queue is written where the queue is made.
bool is_list_of_queues(const std::string& schema, const std::string& name) {
    return schema == "pgmq" && name == "meta";
}

/// Of vectors, which lie elsewhere: what Supabase's guide leaves out of a dump.
bool is_of_vectors(const std::string& schema, const std::string& name) {
    return schema == "storage" && (name == "buckets_vectors" || name == "vector_indexes");
}

/// What no project's `postgres` may write.
bool is_closed(const std::string& schema, const std::string& name) {
    // pg_cron alone writes down its jobs.
    return schema == "cron" || is_of_vectors(schema, name);
}

}  // namespace

bool is_bookkeeping(const std::string& schema, const std::string& name) {
    if (schema == "supabase_functions") return name == "hooks" || name == "migrations";
    return is_projects_history(schema, name) || is_of_vectors(schema, name);
}

bool is_bookkeeping(const std::string& quoted) {
    const auto parts = identifier_parts(quoted);
    return parts.size() == 2 && is_bookkeeping(parts.at(0), parts.at(1));
}

bool stays_projects(const std::string& schema, const std::string& name) {
    return is_projects_history(schema, name) || is_list_of_queues(schema, name) ||
           is_closed(schema, name);
}

bool stays_projects(const std::string& quoted) {
    const auto parts = identifier_parts(quoted);
    return parts.size() == 2 && stays_projects(parts.at(0), parts.at(1));
}

std::vector<SkippedPart> projects_own_tables(const Manifest& manifest) {
    std::vector<SkippedPart> skipped;
    for (const TableContent& table : manifest.tables) {
        const auto parts = identifier_parts(table.name);
        if (parts.size() != 2) continue;
        if (is_projects_history(parts.at(0), parts.at(1))) {
            const char* why = "the project's own: it says what the platform has made of it";
            skipped.push_back({clean_line(table.name), why, true});
        } else if (is_list_of_queues(parts.at(0), parts.at(1))) {
            const char* why = "the project's own: pgmq.create writes down each queue there";
            skipped.push_back({clean_line(table.name), why, true});
        } else if (is_closed(parts.at(0), parts.at(1)) && table.rows.count > 0) {
            const std::string why = counted(table.rows.count, "row") +
                                    " not loaded: a project's postgres may only read there";
            skipped.push_back({clean_line(table.name), why, true});
        }
    }
    return skipped;
}

ProjectNeeds project_needs(const Manifest& manifest) {
    ProjectNeeds needs;
    for (const TableContent& table : manifest.tables) {
        if (stays_projects(table.name)) continue;
        auto& tables = table.rows.count == 0 ? needs.empty : needs.loaded;
        tables.push_back({table.name, table.columns});
    }
    for (const SequenceRange& sequence : manifest.sequences) {
        if (!stays_projects(sequence.name)) needs.sequences.push_back(sequence.name);
    }
    needs.has_queues = std::ranges::any_of(manifest.extensions, [](const auto& extension) {
        return extension.name == "pgmq";
    });
    needs.queues = queue_kinds(manifest.schema);
    return needs;
}

}  // namespace backupwatch
