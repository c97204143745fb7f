#include "core/backup/differences.hpp"
#include "core/backup/identifier.hpp"
#include "core/words.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace backupwatch {
namespace {

using Parts = std::vector<std::string>;

constexpr std::string_view row_security = "ROW LEVEL SECURITY";
constexpr std::string_view unfilled = "WITH NO DATA";

bool says(const SchemaObject& object, std::string_view words) {
    return object.definition.find(words) != std::string::npos;
}

std::size_t count_of(const std::vector<SchemaObject>& schema, std::string_view kind) {
    return static_cast<std::size_t>(std::ranges::count(schema, kind, &SchemaObject::kind));
}

std::set<Parts> names_of(const std::vector<SchemaObject>& schema, std::string_view kind) {
    std::set<Parts> names;
    for (const SchemaObject& object : schema) {
        if (object.kind == kind) names.insert(identifier_parts(object.name));
    }
    return names;
}

/// Where there are files alone, these are what they say of it; of a dump of ours verify_schema has
/// compared each definition.
void require_of_file(
    const Manifest& expected, const RestoredContent& restored, Differences& differences
) {
    const std::set<Parts> policies = names_of(restored.schema, "policy");
    std::set<Parts> secured;
    for (const SchemaObject& object : restored.schema) {
        const bool is_secured = object.kind == "table" && says(object, row_security);
        if (is_secured) secured.insert(identifier_parts(object.name));
    }
    for (const SchemaObject& object : expected.schema) {
        const Parts name = identifier_parts(object.name);
        if (object.kind == "policy" && !policies.contains(name)) {
            differences.add(Harm::security, "policy " + object.name + " is missing");
        } else if (object.kind == secured_table && !secured.contains(name)) {
            differences.add(Harm::security, object.name + ": row-level security is not enabled");
        }
    }
}

}  // namespace

void verify_platform(
    const Manifest& expected,
    const RestoredContent& restored,
    Verification& result,
    Differences& differences
) {
    if (expected.is_from_file) require_of_file(expected, restored, differences);
    const std::size_t tables = count_of(restored.schema, "table");
    const auto secured = std::ranges::count_if(restored.schema, [](const SchemaObject& object) {
        return object.kind == "table" && says(object, row_security);
    });
    const std::size_t policies = count_of(restored.schema, "policy");
    result.checks.push_back(verified(
        differences,
        "row-level security",
        {Harm::security},
        "enabled on " + std::to_string(secured) + " of " + counted(tables, "table") + ", " +
            std::to_string(policies) + (policies == 1 ? " policy" : " policies")
    ));
    const std::size_t views = count_of(restored.schema, "materialized view");
    const auto empty = std::ranges::count_if(restored.schema, [](const SchemaObject& object) {
        return object.kind == "materialized view" && says(object, unfilled);
    });
    // One that differs from the source's is told where definitions are compared.
    const std::string unfilled_ones =
        empty == 0 ? "" : ", " + std::to_string(empty) + " never filled";
    result.checks.push_back({"materialized views", true, counted(views, "view") + unfilled_ones});
}

}  // namespace backupwatch
