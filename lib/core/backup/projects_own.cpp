#include "core/backup/projects_own.hpp"

#include "core/text.hpp"
#include "core/words.hpp"

#include <set>
#include <string>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::size_t most_named = 20;

using ObjectNames = std::set<std::pair<std::string, std::string>>;

ObjectNames object_names(const std::vector<SchemaObject>& schema) {
    ObjectNames names;
    for (const SchemaObject& object : schema) names.insert({object.kind, object.name});
    return names;
}

}  // namespace

void add_projects_own(
    Verification& verification,
    const Manifest& manifest,
    const Manifest& expected,
    const RestoredContent& restored
) {
    const ObjectNames compared = object_names(expected.schema);
    const ObjectNames there = object_names(restored.schema);
    std::size_t own = 0;
    std::size_t lacking = 0;
    for (const SchemaObject& object : manifest.schema) {
        const std::pair name(object.kind, object.name);
        if (compared.contains(name)) continue;
        if (there.contains(name)) {
            ++own;
        } else if (++lacking <= most_named) {
            verification.skipped.push_back(
                {clean_line(object.kind + " " + object.name),
                 "the project has none: of another version of the platform, or its user's, who "
                 "makes it there",
                 true}
            );
        }
    }
    if (lacking > most_named) {
        verification.skipped.push_back(
            {counted(lacking - most_named, "more object"), "the project has none of them", true}
        );
    }
    verification.skipped.push_back(
        {counted(own, "object") + " of the platform's schemas",
         "the project's own, of whatever version: their rows were compared, not their definitions",
         true}
    );
}

}  // namespace backupwatch
