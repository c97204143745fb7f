#include "sources/dump/project_fit.hpp"

#include "core/backup/identifier.hpp"
#include "postgres/archive_extensions.hpp"
#include "postgres/supabase.hpp"
#include "sources/dump/project_restore.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace backupwatch {
namespace {

using TableNames = std::set<std::vector<std::string>>;

bool has_loaded_data(const ArchiveEntry& entry) {
    const std::string& kind = entry.description;
    return kind == "TABLE DATA" || kind == "SEQUENCE SET" || kind == "MATERIALIZED VIEW DATA";
}

/// What the platform has of itself needs nothing here: no load makes it.
Archive loaded_part(const Archive& archive) {
    Archive part;
    for (const ArchiveEntry& entry : archive.entries) {
        if (has_loaded_data(entry) || is_users_structure(entry)) part.entries.push_back(entry);
    }
    return part;
}

/// The archive does not say of which table of an extension's something is, but in its name.
bool is_named_by(const ArchiveEntry& entry, const TableNames& tables) {
    if (entry.description != "POLICY" && entry.description != "TRIGGER") return false;
    return std::ranges::any_of(tables, [&](const auto& table) {
        return entry.schema == table.front() && entry.name.starts_with(table.back() + " ");
    });
}

/// With what depends on them in turn.
void reach(const Archive& archive, std::set<int>& reached) {
    for (bool again = true; again;) {
        again = false;
        for (const ArchiveEntry& entry : archive.entries) {
            if (reached.contains(entry.dump_id)) continue;
            const bool depends = std::ranges::any_of(entry.dependencies, [&](int id) {
                return reached.contains(id);
            });
            if (!depends) continue;
            reached.insert(entry.dump_id);
            again = true;
        }
    }
}

/// Such as a foreign key on the table's primary one, which is the platform's.
std::vector<ListedEntry> standing_on(const Archive& archive, const std::set<std::string>& tables) {
    TableNames names;
    for (const std::string& table : tables) names.insert(identifier_parts(table));
    std::set<int> reached;
    for (const ArchiveEntry& entry : archive.entries) {
        const bool is_itself =
            entry.description == "TABLE" && names.contains({entry.schema, entry.name});
        if (is_itself || is_named_by(entry, names)) reached.insert(entry.dump_id);
    }
    reach(archive, reached);
    std::vector<ListedEntry> standing;
    for (const ArchiveEntry& entry : archive.entries) {
        const bool is_platforms = is_of_each_project(entry.schema) && !is_users_structure(entry);
        if (!reached.contains(entry.dump_id) || is_platforms) continue;
        standing.push_back({entry.description, entry.schema, entry.name});
    }
    return standing;
}

std::vector<ListedEntry> needing(const Archive& part, const WithoutExtensions& without) {
    std::set<int> reached = without.needing;
    reach(part, reached);
    std::vector<ListedEntry> entries;
    for (const ArchiveEntry& entry : part.entries) {
        if (!reached.contains(entry.dump_id)) continue;
        entries.push_back({entry.description, entry.schema, entry.name});
    }
    return entries;
}

}  // namespace

ProjectFit project_fit(
    const Archive& archive, const Manifest& manifest, const NeededPerhaps& perhaps
) {
    ProjectFit fit;
    fit.standing = standing_on(archive, perhaps.tables);
    if (perhaps.extensions.empty()) return fit;
    std::set<int> with_rows;
    for (const TableContent& table : manifest.tables) {
        const bool is_there = is_of_each_project(identifier_parts(table.name).front());
        if (table.rows.count > 0 && !is_there) with_rows.insert(table.dump_id);
    }
    const Archive part = loaded_part(archive);
    const auto without = without_extensions(part, perhaps.extensions, [&](int dump_id) {
        return with_rows.contains(dump_id);
    });
    fit.extensions = without.needed;
    fit.needing = needing(part, without);
    return fit;
}

std::set<int> entries_of(const Archive& archive, const LeftOut& left_out) {
    const auto without =
        without_extensions(loaded_part(archive), left_out.extensions, [](int) { return false; });
    std::set<int> entries = without.entries;
    for (const ArchiveEntry& entry : archive.entries) {
        const bool is_one = entry.description == "SEQUENCE SET" &&
                            left_out.sequences.contains({entry.schema, entry.name});
        if (is_one) entries.insert(entry.dump_id);
    }
    return entries;
}

}  // namespace backupwatch
