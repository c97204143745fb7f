#include "postgres/supabase_rights.hpp"

#include "core/backup/project_tables.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace backupwatch {
namespace {

/// By itself; a sequence may be so by the table that it numbers.
bool is_platforms(const HiddenRelation& relation) {
    if (!relation.extension.empty()) return true;
    return !relation.is_sequence && is_bookkeeping(relation.schema, relation.name);
}

}  // namespace

std::vector<HiddenRelation> take_platforms(Rights& rights) {
    std::set<std::string> tables;
    for (const HiddenRelation& relation : rights.hidden) {
        if (is_platforms(relation)) tables.insert(relation.quoted());
    }
    const auto users =
        std::ranges::stable_partition(rights.hidden, [&](const HiddenRelation& relation) {
            return !is_platforms(relation) && !tables.contains(relation.owner_table);
        });
    std::vector<HiddenRelation> left_out(users.begin(), users.end());
    rights.hidden.erase(users.begin(), users.end());
    return left_out;
}

std::vector<NotHeld> not_held_of(
    const std::vector<HiddenRelation>& left_out, const std::string& role, int server_version
) {
    std::vector<NotHeld> parts;
    for (const HiddenRelation& relation : left_out) {
        const std::string what =
            (relation.is_sequence ? "sequence " : "table ") + relation.quoted();
        const std::string why =
            relation.is_filtered
                ? "left out, as row-level security hides rows of it from the role " + role + ": " +
                      right_to_every_row(role)
                : "left out, as the role " + role +
                      " may not read it: " + right_to_read(role, server_version);
        parts.push_back({clean_line(what), clean_line(why)});
    }
    return parts;
}

}  // namespace backupwatch
