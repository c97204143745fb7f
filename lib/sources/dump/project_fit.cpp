#include "sources/dump/project_fit.hpp"

#include "core/backup/identifier.hpp"
#include "postgres/archive_extensions.hpp"
#include "postgres/connection.hpp"
#include "postgres/supabase.hpp"
#include "sources/dump/project_restore.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <string>
#include <vector>

namespace backupwatch {
namespace {

/// By table, of which columns; none: it is not there at all.
using Lacking = std::map<std::vector<std::string>, std::set<std::string>>;

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
bool is_named_by(const ArchiveEntry& entry, const std::vector<std::string>& table) {
    const std::string queue = queue_table_of(entry);
    if (!queue.empty()) return identifier_parts(queue) == table;
    if (entry.description != "POLICY" && entry.description != "TRIGGER") return false;
    return entry.schema == table.front() && entry.name.starts_with(table.back() + " ");
}

bool is_of_a_word(char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return std::isalnum(byte) != 0 || byte >= 0x80 || letter == '_' || letter == '$';
}

/// The archive says of which table something is, and not of which column; its text names each, and
/// perhaps one of another table by the same word.
bool names(const std::string& definition, const std::string& column) {
    for (auto at = definition.find(column); at != definition.npos;
         at = definition.find(column, at + 1)) {
        const auto end = at + column.size();
        const bool begins = at == 0 || !is_of_a_word(definition.at(at - 1));
        if (begins && (end == definition.size() || !is_of_a_word(definition.at(end)))) return true;
    }
    return false;
}

/// As a text has it, quoted or not.
std::string within_quotes(const std::string& column) {
    const std::string quoted = quote_identifier(column);
    return quoted.starts_with('"') ? quoted.substr(1, quoted.size() - 2) : quoted;
}

/// Itself or, of what is on the table, what would not be made there.
bool stands_on(
    const ArchiveEntry& entry, const Lacking::value_type& lacking, const std::set<int>& tables
) {
    const auto& [table, columns] = lacking;
    const bool is_itself = tables.contains(entry.dump_id);
    if (columns.empty()) return is_itself || is_named_by(entry, table);
    const bool is_on_it =
        std::ranges::any_of(entry.dependencies, [&](int id) { return tables.contains(id); });
    if (is_itself || !(is_on_it || is_named_by(entry, table))) return false;
    return std::ranges::any_of(columns, [&](const std::string& column) {
        return names(entry.definition, column);
    });
}

/// The entries that make the table: one, or none where an extension does.
std::set<int> table_entries(const Archive& archive, const std::vector<std::string>& table) {
    std::set<int> entries;
    for (const ArchiveEntry& entry : archive.entries) {
        const bool is_table = entry.description == "TABLE" && entry.schema == table.front() &&
                              entry.name == table.back();
        if (is_table) entries.insert(entry.dump_id);
    }
    return entries;
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
std::vector<ListedEntry> standing_on(
    const Archive& archive, const std::vector<ProjectContent::Absent>& absent
) {
    Lacking lacking;
    for (const ProjectContent::Absent& one : absent) {
        auto& columns = lacking[identifier_parts(one.table)];
        if (!one.column.empty()) columns.insert(within_quotes(one.column));
    }
    std::set<int> reached;
    for (const auto& one : lacking) {
        const std::set<int> tables = table_entries(archive, one.first);
        for (const ArchiveEntry& entry : archive.entries) {
            if (stands_on(entry, one, tables)) reached.insert(entry.dump_id);
        }
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

/// Those for which something is set.
std::set<std::string> lacking_queues(
    const Archive& archive, const Manifest& manifest, const std::set<std::string>& there
) {
    std::set<std::string> lacking;
    for (const ArchiveEntry& entry : archive.entries) {
        if (!is_of_undumped_queue(entry, manifest)) lacking.insert(queue_table_of(entry));
    }
    lacking.erase("");
    std::erase_if(lacking, [&](const std::string& table) { return there.contains(table); });
    return lacking;
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
    std::vector<ProjectContent::Absent> absent = perhaps.absent;
    if (perhaps.queue_tables) {
        fit.lacking_queues = lacking_queues(archive, manifest, *perhaps.queue_tables);
        for (const std::string& table : fit.lacking_queues) absent.push_back({table});
    }
    fit.standing = standing_on(archive, absent);
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
