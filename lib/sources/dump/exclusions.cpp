#include "sources/dump/exclusions.hpp"

#include "core/backup/project_tables.hpp"
#include "core/failure.hpp"
#include "core/text.hpp"
#include "sources/dump/name_pattern.hpp"

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// By its name (`schema.table.column`), or where that does not have the table's, by its definition.
bool belongs_to(const SchemaObject& object, const std::string& table) {
    const auto& definition = object.definition;
    if (object.kind == "index") {
        return contains(definition, " ON " + table + " USING ") ||
               contains(definition, " ON ONLY " + table + " USING ");
    }
    if (object.kind == "sequence") return contains(definition, " OWNED BY " + table + ".");
    if (object.kind == "statistics") return definition.ends_with(" FROM " + table);
    return (object.kind == "table" && object.name == table) || object.name.starts_with(table + ".");
}

}  // namespace

Partition exclude(std::vector<DumpedTable> tables, const std::vector<std::string>& patterns) {
    const std::vector<NamePattern> read(patterns.begin(), patterns.end());
    Partition partition;
    std::vector<bool> used(patterns.size(), false);
    for (auto& table : tables) {
        bool excluded = false;
        for (std::size_t i = 0; i < patterns.size(); ++i) {
            if (!read[i].matches(table.schema, table.name)) continue;
            excluded = true;
            used[i] = true;
        }
        (excluded ? partition.excluded : partition.dumped).push_back(std::move(table));
    }
    for (std::size_t i = 0; i < patterns.size(); ++i) {
        if (used[i]) continue;
        throw Failure(
            Failure::Kind::rejected,
            "exclude_tables: \"" + patterns[i] + "\" matches no table of the database",
            "Take it out, or correct it: capitals count only in double quotes."
        );
    }
    return partition;
}

std::vector<SchemaObject> without_tables(
    std::vector<SchemaObject> schema, const std::vector<DumpedTable>& excluded
) {
    std::erase_if(schema, [&](const SchemaObject& object) {
        return std::any_of(excluded.begin(), excluded.end(), [&](const DumpedTable& table) {
            return belongs_to(object, table.quoted);
        });
    });
    return schema;
}

std::vector<NotHeld> users_objects_on_bookkeeping(
    const std::vector<SchemaObject>& schema, const std::vector<DumpedTable>& excluded
) {
    std::vector<NotHeld> parts;
    for (const DumpedTable& table : excluded) {
        if (!is_bookkeeping(table.schema, table.name)) continue;
        for (const SchemaObject& object : schema) {
            const bool is_users = object.kind == "policy" || object.kind == "trigger";
            if (!is_users || !belongs_to(object, table.quoted)) continue;
            const std::string name = object.name.substr(table.quoted.size() + 1);
            parts.push_back(
                {clean_line(object.kind + " " + name + " on " + table.quoted),
                 "left out with its table: keep the statement that made it in your migrations"}
            );
        }
    }
    return parts;
}

std::vector<std::string> exclusion_patterns(
    const std::vector<SchemaObject>& schema, const std::vector<DumpedTable>& excluded
) {
    std::vector<std::string> patterns;
    for (const auto& table : excluded) {
        patterns.push_back(table.quoted);
        for (const auto& object : schema) {
            if (object.kind != "sequence" || !belongs_to(object, table.quoted)) continue;
            patterns.push_back(object.name);
        }
    }
    return patterns;
}

}  // namespace backupwatch
