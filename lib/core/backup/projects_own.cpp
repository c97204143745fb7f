#include "core/backup/projects_own.hpp"

#include "core/text.hpp"
#include "core/words.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace backupwatch {
namespace {

using ObjectNames = std::set<std::pair<std::string, std::string>>;

ObjectNames object_names(const std::vector<SchemaObject>& schema) {
    ObjectNames names;
    for (const SchemaObject& object : schema) names.insert({object.kind, object.name});
    return names;
}

/// Of a table that is not there, which has a note of its own: all; of one that lacks a column: that
/// alone. Whatever else its user made on it is named.
bool is_of_table(const SchemaObject& object, const std::string& table, bool is_there) {
    const bool is_within = object.name.starts_with(table + ".");
    if (is_there) return object.kind == "column" && is_within;
    const bool is_itself = object.kind == "table" && object.name == table;
    const bool is_index = object.kind == "index" &&
                          object.definition.find(" ON " + table + " USING ") != std::string::npos;
    return is_itself || is_index || is_within;
}

}  // namespace

void add_projects_own(
    Verification& verification,
    const Manifest& manifest,
    const Manifest& expected,
    const RestoredContent& restored,
    const std::set<std::string>& left_out
) {
    const ObjectNames compared = object_names(expected.schema);
    const ObjectNames there = object_names(restored.schema);
    const auto has_note = [&](const SchemaObject& object) {
        return std::ranges::any_of(left_out, [&](const std::string& table) {
            return is_of_table(object, table, there.contains({"table", table}));
        });
    };
    std::size_t own = 0;
    for (const SchemaObject& object : manifest.schema) {
        const std::pair name(object.kind, object.name);
        if (compared.contains(name)) continue;
        if (there.contains(name)) {
            ++own;
        } else if (!has_note(object)) {
            verification.skipped.push_back(
                {clean_line(object.kind + " " + object.name),
                 "the project has none: of another version of the platform, or its user's, who "
                 "makes it there",
                 true}
            );
        }
    }
    verification.skipped.push_back(
        {counted(own, "object") + " of the platform's schemas",
         "the project's own, of whatever version: their rows were compared, not their definitions",
         true}
    );
}

}  // namespace backupwatch
